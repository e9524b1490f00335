//! What stands at a path of a work tree, seen without following any symbolic link on the way.

use std::io;

use rustix::fs::{FileType, Stat};

use super::{inside::Inside, path::as_path, walk::is_gone};

/// What stands at a path.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stand {
    Nothing,
    /// Nothing can, because so many first bytes of the path name what is no folder.
    Blocked(usize),
    Folder,
    /// A file or a symbolic link.
    File(Stat),
    /// A pipe, a socket or a device.
    Other,
}

/// Looks at every folder above the path first, because the system follows links in them.
pub(super) fn stand(inside: &Inside, path: &[u8]) -> io::Result<Stand> {
    for end in ancestors(path) {
        match look(inside, &path[..end])? {
            Stand::Folder => {}
            Stand::Nothing => return Ok(Stand::Nothing),
            Stand::Blocked(_) | Stand::File(_) | Stand::Other => return Ok(Stand::Blocked(end)),
        }
    }
    look(inside, path)
}

/// Where the paths of the folders above the path end, from the outermost.
pub(super) fn ancestors(path: &[u8]) -> impl DoubleEndedIterator<Item = usize> {
    path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(end, _)| end)
}

fn look(inside: &Inside, path: &[u8]) -> io::Result<Stand> {
    let stat = match inside.stat(as_path(path)) {
        Ok(stat) => stat,
        Err(error) if is_gone(&error) => return Ok(Stand::Nothing),
        Err(error) => return Err(error),
    };
    Ok(match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => Stand::Folder,
        FileType::RegularFile | FileType::Symlink => Stand::File(stat),
        _ => Stand::Other,
    })
}
