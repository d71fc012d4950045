//! An execution to be made, out of a transaction or a simulated call.

use super::{
    BlockContext, CallRequest, Deadline, ExecError, RPC_GAS_CAP, Transaction,
    convert::{DYNAMIC_FEE, SET_CODE, authorizations, tx_env},
    trace::AnyTracer,
};
use revm::context::TxEnv;

/// One execution to be made.
#[expect(
    clippy::struct_excessive_bools,
    reason = "rules that are switched one by one"
)]
pub(super) struct Run<'a> {
    pub(super) tx: TxEnv,
    pub(super) block: &'a BlockContext,
    /// Whether gas is paid for.
    pub(super) fees: bool,
    /// Whether the compute cap of a transaction applies.
    pub(super) capped: bool,
    /// Whether the nonce must be the account's next.
    pub(super) nonce_checked: bool,
    /// Whether the caller must be an account without code (EIP-3607).
    pub(super) sender_checked: bool,
    /// When to give up.
    pub(super) deadline: Option<Deadline>,
    /// Whether what programs print is heard.
    pub(super) console: bool,
    /// Who watches.
    pub(super) tracer: Option<&'a mut AnyTracer>,
}

impl<'a> Run<'a> {
    pub(super) fn transaction(
        tx: &Transaction,
        block: &'a BlockContext,
    ) -> Result<Self, ExecError> {
        Ok(Self {
            tx: tx_env(tx)?,
            block,
            fees: true,
            capped: true,
            nonce_checked: true,
            sender_checked: !tx.impersonated,
            deadline: None,
            console: false,
            tracer: None,
        })
    }

    pub(super) fn call(request: &CallRequest, block: &'a BlockContext) -> Self {
        let gas_price = request.gas_price.unwrap_or_default();
        let tx = TxEnv {
            tx_type: if request.authorization_list.is_empty() {
                DYNAMIC_FEE
            } else {
                SET_CODE
            },
            caller: request.from,
            gas_limit: request.gas_limit.unwrap_or(RPC_GAS_CAP).min(RPC_GAS_CAP),
            gas_price,
            kind: request.to,
            value: request.value,
            data: request.input.clone(),
            access_list: request.access_list.clone(),
            gas_priority_fee: Some(0),
            authorization_list: authorizations(&request.authorization_list),
            ..TxEnv::default()
        };
        Self {
            tx,
            block,
            fees: gas_price > 0,
            capped: request.as_transaction,
            nonce_checked: false,
            sender_checked: false,
            deadline: request.deadline,
            // An estimate runs the same call many times.
            console: !request.as_transaction,
            tracer: None,
        }
    }
}
