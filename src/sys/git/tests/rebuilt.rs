//! A repository taken apart into files and patches, and made again.

use std::{fs, path::Path};

use super::sandbox::Sandbox;
use crate::sys::git::{FileKind, Rebuild, RebuiltFile, Repository, Snapshot};

