//! What happens: performs effects and appends events. Prints nothing.

mod branches;
mod brief;
pub mod bundled_hooks;
mod call;
pub mod child_env;
pub mod claude;
mod command;
mod dispatcher;
pub mod explain;
mod frame;
mod gate;
mod hand_over;
mod hook;
mod judges;
mod leftovers;
pub mod login;
mod look;
pub mod made;
mod output;
mod own_bin;
mod panel;
pub mod prepare;
mod quota;
mod recording;
pub mod run;
mod scope;
mod site;
mod step_key;
mod stops;
mod tree;
mod unit;
mod work;

pub use dispatcher::Observer;
pub use gate::gate;
pub use hook::{
    again::{Again, ask_once},
    edit::{EDIT_COMMAND, serve_edit},
};
pub use prepare::Purpose;
pub use recording::{COMMAND as PLAYER, Played, Scene, Stage, expected, play};
pub use site::Site;
pub use tree::{HandOver, file_change};
