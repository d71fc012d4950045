//! wasmtime with its two compilers, interruptible by epochs as the chain would need it. Host functions
//! do nothing, so this is what the engine takes.

use crate::{mean, runs};
use wasmtime::{
    Config, Engine, ExternType, InstanceAllocationStrategy, Linker, Module,
    PoolingAllocationConfig, Store, Strategy, Val,
};

pub fn measure(name: &str, module: &[u8]) {
    for (label, strategy, pooled) in [
        ("wasmtime, cranelift", Strategy::Cranelift, false),
        ("wasmtime, cranelift, pooled", Strategy::Cranelift, true),
        ("wasmtime, winch", Strategy::Winch, false),
    ] {
        let mut config = Config::new();
        config
            .strategy(strategy)
            .epoch_interruption(true)
            .cranelift_nan_canonicalization(false);
        if pooled {
            let mut pool = PoolingAllocationConfig::default();
            pool.total_memories(16)
                .total_core_instances(16)
                .max_memory_size(16 << 20);
            config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        }
        let engine = match Engine::new(&config) {
            Ok(engine) => engine,
            Err(error) => {
                println!("| {label} | {name} | {error} |");
                continue;
            }
        };
        let time = mean(5, || {
            Module::new(&engine, module).expect("it compiles");
        });
        println!("| {label} | compile {name} | {time} |");
        let Some(runs) = runs(name) else { continue };
        let compiled = Module::new(&engine, module).expect("it compiles");
        let mut linker = Linker::new(&engine);
        for import in compiled.imports() {
            let ExternType::Func(ty) = import.ty() else {
                continue;
            };
            linker
                .func_new(import.module(), import.name(), ty, |_, _, results| {
                    results.fill(Val::I32(0));
                    Ok(())
                })
                .expect("names are unique");
        }
        let ready = linker.instantiate_pre(&compiled).expect("it links");
        let run = |call: bool| {
            let mut store = Store::new(&engine, 0_u64);
            store.set_epoch_deadline(1);
            let instance = ready.instantiate(&mut store).expect("it links");
            let ink = instance
                .get_global(&mut store, "stylus_ink_left")
                .expect("it is there");
            ink.set(&mut store, Val::I64(i64::MAX))
                .expect("it is mutable");
            let stack = instance
                .get_global(&mut store, "stylus_stack_left")
                .expect("it is there");
            stack
                .set(&mut store, Val::I32(22_000))
                .expect("it is mutable");
            let entry = instance
                .get_typed_func::<i32, i32>(&mut store, "user_entrypoint")
                .expect("it is there");
            if call {
                assert_eq!(entry.call(&mut store, 0).expect("it returns"), 0);
            }
        };
        let time = mean(runs, || run(true));
        println!("| {label} | run {name} | {time} |");
        if name == "counter" {
            let time = mean(runs, || run(false));
            println!("| {label} | instantiate {name} | {time} |");
        }
    }
}
