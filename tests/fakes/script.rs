//! What the fake is told to do: these types write a script in a test and read it in the fake.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The whole of `<path of the fake>.script.json`; by default every call succeeds at once.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a habit of its own")]
pub(crate) struct Script {
    /// What `--version` prints, in place of the pinned version.
    pub(crate) version: Option<String>,
    /// What `--help` prints, in place of a text with the flags of the pinned version.
    pub(crate) help: Option<String>,
    /// Makes `auth status` say that nobody is logged in.
    pub(crate) logged_out: bool,
    /// Leaves stdin unread.
    pub(crate) ignore_stdin: bool,
    /// Takes no note of its starts, and plays its first turn each time: for benchmarks, because a note
    /// takes longer with each start before it.
    pub(crate) unnoted: bool,
    /// Lives on after SIGTERM, and so does what it leaves behind.
    pub(crate) ignore_term: bool,
    /// What the first, the second… call with `-p` plays; later calls play the last turn again.
    pub(crate) turns: Vec<Vec<Step>>,
}

/// One thing to do. In events `$SESSION` and `$MODEL` stand for what the command line names.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    /// `system/init`.
    Init,
    /// One message of the model: its stream events, where asked for, and the `assistant` event.
    Answer(String),
    /// The `result` of a call that went well.
    Result(String),
    /// The `result` of a call that was asked for structured output and gave it.
    Structured(Value),
    /// `Init`, `Answer` and `Result`: a whole call that went well.
    Success(String),
    /// One line with this event.
    Event(Value),
    /// These bytes on stdout: a line without its end, or what is not UTF-8.
    Raw(Vec<u8>),
    /// This text on stderr.
    Stderr(String),
    /// This line again and again until so many bytes are written.
    Flood {
        /// The line, without its end.
        line: String,
        /// How much to write.
        bytes: u64,
    },
    /// One event whose line is this long.
    LongLine(u64),
    /// Writes a file below the working folder, and the folders it stands in.
    Write {
        /// Its path.
        path: String,
        /// Its whole text.
        text: String,
    },
    /// Deletes a file below the working folder.
    Delete(String),
    /// Puts a symbolic link in the place of what stands below the working folder.
    Link {
        /// Its path.
        path: String,
        /// Where it leads.
        to: String,
    },
    /// Leaves a child in a session of its own, as claude's shell does, that lives until it is ended.
    Linger {
        /// The child keeps stdout open.
        keep_stdout: bool,
    },
    /// Connects to this address and goes on when the other side closes.
    Meet(String),
    /// Sleeps so many milliseconds. For benchmarks only: a test waits by `Meet`.
    Sleep(u64),
    /// Does nothing more, forever.
    Hang,
    /// Ends with this code.
    Exit(u8),
    /// Ends by this signal.
    Die(i32),
}
