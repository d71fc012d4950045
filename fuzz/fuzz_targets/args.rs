//! The contracts' reader of arguments against alloy's decoder: see `patientport_fuzz::args`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    patientport_fuzz::args(data);
});
