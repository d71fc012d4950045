//! wasmi, with and without fuel. Host functions do nothing, so this is what the engine takes.

/// The same for both versions.
macro_rules! measure_wasmi {
    ($function:ident, $wasmi:ident, $version:literal) => {
        pub fn $function(name: &str, module: &[u8]) {
            use crate::{mean, runs};
            use $wasmi::{
                CompilationMode, Config, Engine, ExternType, Func, Linker, Module, Store, Val,
            };

            for fuel in [true, false] {
                let label = format!("wasmi {}{}", $version, if fuel { ", fuel" } else { "" });
                let engine = || {
                    let mut config = Config::default();
                    config
                        .compilation_mode(CompilationMode::Eager)
                        .consume_fuel(fuel)
                        .ignore_custom_sections(true);
                    Engine::new(&config)
                };
                let time = mean(20, || {
                    Module::new(&engine(), module).expect("it compiles");
                });
                println!("| {label} | compile {name} | {time} |");
                let Some(runs) = runs(name) else { continue };
                let engine = engine();
                let compiled = Module::new(&engine, module).expect("it compiles");
                let run = |linker: &Linker<u64>, call: bool| {
                    let mut store = Store::new(&engine, 0_u64);
                    if fuel {
                        store.set_fuel(u64::MAX).expect("fuel is on");
                    }
                    let instance = linker
                        .instantiate_and_start(&mut store, &compiled)
                        .expect("it links");
                    let ink = instance
                        .get_global(&store, "stylus_ink_left")
                        .expect("it is there");
                    ink.set(&mut store, Val::I64(i64::MAX))
                        .expect("it is mutable");
                    let stack = instance
                        .get_global(&store, "stylus_stack_left")
                        .expect("it is there");
                    stack
                        .set(&mut store, Val::I32(22_000))
                        .expect("it is mutable");
                    let entry = instance
                        .get_typed_func::<i32, i32>(&store, "user_entrypoint")
                        .expect("it is there");
                    if call {
                        assert_eq!(entry.call(&mut store, 0).expect("it returns"), 0);
                    }
                };
                let mut linker = Linker::new(&engine);
                for import in compiled.imports() {
                    let ExternType::Func(ty) = import.ty().clone() else {
                        continue;
                    };
                    linker
                        .func_new(import.module(), import.name(), ty, |_, _, _| Ok(()))
                        .expect("names are unique");
                }
                let time = mean(runs, || run(&linker, true));
                println!("| {label} | run {name} | {time} |");
                if name == "counter" {
                    let time = mean(runs, || run(&linker, false));
                    println!("| {label} | instantiate {name} | {time} |");
                    let time = mean(runs, || {
                        let mut store = Store::new(&engine, 0_u64);
                        for import in compiled.imports() {
                            let ExternType::Func(ty) = import.ty().clone() else {
                                continue;
                            };
                            Func::new(&mut store, ty, |_, _, _| Ok(()));
                        }
                    });
                    println!("| {label} | make the host functions of {name} | {time} |");
                    let time = mean(runs, || {
                        Store::new(&engine, 0_u64);
                    });
                    println!("| {label} | make a store | {time} |");
                }
            }
        }
    };
}

measure_wasmi!(measure, wasmi, "1.1");
measure_wasmi!(measure_2, wasmi_2, "2.0");
