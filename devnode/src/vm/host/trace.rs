//! Reports to tracers. Whoever calls [`Frame::report`] passes the parts of
//! [`HostCall`] in the order of its table; nothing is joined unless somebody listens.

use super::Frame;
use crate::vm::api::HostCall;
use alloy_primitives::Bytes;

impl Frame<'_, '_> {
    /// Reports the host function that is about to return.
    pub(super) fn report(&mut self, name: &'static str, args: &[&[u8]], outs: &[&[u8]]) {
        if self.host.traces {
            self.host.api.host_call(HostCall {
                name,
                args: Bytes::from(args.concat()),
                outs: Bytes::from(outs.concat()),
                start_ink: self.start_ink,
                end_ink: self.ink,
            });
        }
    }
}
