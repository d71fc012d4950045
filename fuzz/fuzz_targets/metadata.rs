//! See `patientport_core_fuzz::metadata`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| patientport_core_fuzz::metadata(data));
