//! Arguments, results, logs and memory.

use super::{Fault, Frame, length, pricing};
use crate::vm::params::STYLUS_V3_ARBOS;
use alloy_primitives::B256;

/// Most topics of a log.
const MAX_TOPICS: u32 = 4;

impl Frame<'_, '_> {
    pub(in crate::vm) fn read_args(&mut self, dest: u32) -> Result<(), Fault> {
        self.pay_ink(pricing::HOSTIO)?;
        let calldata = self.host.calldata;
        self.pay_for_write(length(calldata))?;
        self.write_bytes(dest, calldata)?;
        self.report("read_args", &[], &[calldata]);
        Ok(())
    }

    pub(in crate::vm) fn write_result(&mut self, data: u32, bytes: u32) -> Result<(), Fault> {
        self.pay_ink(pricing::HOSTIO)?;
        // Once to read it, once to hand it over.
        self.pay_for_read(bytes)?;
        self.pay_for_read(bytes)?;
        let output = self.read_bytes(data, bytes)?;
        self.report("write_result", &[&output], &[]);
        self.host.output = output;
        Ok(())
    }

    pub(in crate::vm) fn exit_early(&mut self, status: u32) -> Result<(), Fault> {
        self.report("exit_early", &[&status.to_be_bytes()], &[]);
        Err(Fault::Exit(status.cast_signed()))
    }

    pub(in crate::vm) fn emit_log(
        &mut self,
        data: u32,
        bytes: u32,
        topics: u32,
    ) -> Result<(), Fault> {
        self.pay_ink(pricing::HOSTIO + pricing::API)?;
        let Some(data_bytes) = topics
            .checked_mul(32)
            .filter(|_| topics <= MAX_TOPICS)
            .and_then(|topic_bytes| bytes.checked_sub(topic_bytes))
        else {
            let what = format!("log of `{bytes}` bytes cannot have `{topics}` topics");
            return Err(Fault::Failure(what));
        };
        self.pay_for_read(bytes)?;
        self.pay_gas(pricing::log_gas(topics, data_bytes))?;
        let all = self.read_bytes(data, bytes)?;
        let topics_end = (bytes - data_bytes) as usize;
        let split: Vec<B256> = all[..topics_end]
            .chunks_exact(32)
            .map(B256::from_slice)
            .collect();
        self.host.refuse_static("log")?;
        self.host.api.emit_log(split, all.slice(topics_end..))?;
        self.report("emit_log", &[&topics.to_be_bytes(), &all], &[]);
        Ok(())
    }

    pub(in crate::vm) fn pay_for_memory_grow(&mut self, pages: u32) -> Result<(), Fault> {
        let pages = match u16::try_from(pages) {
            Ok(pages) => pages,
            Err(_) if self.host.env.arbos_version >= STYLUS_V3_ARBOS => {
                return self.pay_gas(u64::MAX);
            }
            // Earlier versions look at the low 16 bits only.
            Err(_) => (pages & 0xffff) as u16,
        };
        if pages == 0 {
            self.pay_ink(pricing::HOSTIO)?;
        } else {
            let gas = self.host.api.add_pages(pages)?;
            self.pay_gas(gas)?;
        }
        self.report("pay_for_memory_grow", &[&pages.to_be_bytes()], &[]);
        Ok(())
    }
}
