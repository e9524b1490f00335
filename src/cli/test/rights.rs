//! What a recording may ask of claude: when it is asked anew, its flags count as typed. One that lies
//! in the repository was written by whoever writes there, so it gets no more than its skill does.

use super::{Setup, case::Tested};
use crate::{
    engine::prepare::{self, Purpose},
    model::{
        Fault, Request, Result,
        recording::{Case, Options},
        run::plan::AgentPlan,
    },
};

/// Refuses a recording of the repository whose flags give the agent what the skill alone does not.
pub(super) fn expect_no_more(
    case: &Case,
    typed: &Request,
    (purpose, tested): (&Purpose, Tested<'_>),
    setup: Setup<'_>,
) -> Result<()> {
    let root = &setup.context.project().root;
    let real = |path: &std::path::Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if setup.args.trust || !real(tested.dir).starts_with(real(root)) {
        return Ok(());
    }
    let alone = Case { options: Options::default(), ..case.clone() };
    let rights = |case: &Case| -> Result<Vec<_>> {
        let prepared = prepare::prepare(&case.asked_again(typed), setup.around, purpose)?;
        Ok(prepared.plan.steps.iter().map(|step| of(&step.agent)).collect())
    };
    if rights(case)? == rights(&alone)? {
        return Ok(());
    }
    Err(Fault::invalid("the recording asks for more than its skill does")
        .because("its flags let the agent use tools that nobody has trusted it with here")
        .hint("look at `options` in its case.yaml; `atlas test --trust` lets it"))
}

/// What an agent may do.
fn of(agent: &AgentPlan) -> impl PartialEq + use<> {
    (agent.tools.clone(), agent.allow.clone(), agent.permission_mode, agent.mcp.clone())
}
