//! The systems without `/proc` and pidfds.

use std::{
    io,
    time::{Duration, Instant},
};

use rustix::{
    event::{Timespec, poll},
    io::Errno,
    process::{Pid, Signal, kill_process, test_kill_process},
};

/// How often a process is looked at that cannot be waited for.
const LOOK: Duration = Duration::from_millis(20);

/// A process by its pid: here nothing else stands for it. Only the warden takes hold of one, for
/// the few seconds in which it ends the groups it was told of.
#[derive(Debug)]
pub(crate) struct Handle(Pid);

impl Handle {
    pub(crate) fn open(pid: u32) -> io::Result<Self> {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(Errno::SRCH)?;
        test_kill_process(pid)?;
        Ok(Self(pid))
    }

    pub(crate) fn signal(&self, signal: Signal) -> io::Result<()> {
        Ok(kill_process(self.0, signal)?)
    }

    pub(crate) fn wait_all(handles: &[&Self], deadline: Instant) -> io::Result<bool> {
        while handles.iter().any(|handle| test_kill_process(handle.0).is_ok()) {
            if Instant::now() >= deadline {
                return Ok(false);
            }
            let look = Timespec { tv_sec: 0, tv_nsec: LOOK.subsec_nanos().into() };
            match poll(&mut [], Some(&look)) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }
}

pub(crate) fn pids() -> Vec<u32> {
    Vec::new()
}

pub(crate) fn start_of(_pid: u32) -> Option<u64> {
    None
}

pub(crate) fn has_ended(_pid: u32) -> bool {
    false
}

pub(crate) fn parent_of(_pid: u32) -> Option<u32> {
    None
}

pub(crate) fn environ(_pid: u32) -> Option<Vec<u8>> {
    None
}
