//! Carrying a batch out.

use alloy::primitives::B256;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use patientport_client::records;
use patientport_client::store::Location;

use super::super::input::Input;
use super::super::stores::Writers;
use super::super::{add, again, blocking, transfer};
use super::plan::{Place, Plan, Planned, Todo};
use super::{Record, State, items};
use crate::args::record::AddArgs;
use crate::context::Context;
use crate::error::Error;
use crate::home::filed::Filed;
use crate::home::files::OwnLock;
use crate::home::pending::Pending;
use crate::preview::{TxSummary, still_as_shown};
use crate::progress::Bar;

/// Transactions that are on their way at the same time, at most.
const IN_FLIGHT: usize = 16;

/// What is stored and wants its transaction.
struct Ready {
    index: usize,
    title: Option<String>,
    pending: Box<Pending>,
    /// It may have been sent before.
    is_resumed: bool,
    /// No other run adds it meanwhile.
    _adding: OwnLock,
}

/// What the work goes on with.
struct Work<'a> {
    context: &'a Context,
    plan: &'a Plan,
    writers: Writers,
    bar: Bar,
}

/// Adds every record that can be added. Nothing that happens to one is an error of the whole.
pub(super) async fn carry_out(context: &Context, args: &AddArgs, plan: &Plan) -> Vec<Record> {
    let mut records: Vec<Record> = plan
        .planned
        .iter()
        .map(|planned| Record::of(planned, plan))
        .collect();
    let mut is_stopped = false;
    for (record, planned) in records.iter_mut().zip(&plan.planned) {
        match &planned.todo {
            Todo::Impossible(error) => {
                record.failed(error);
                is_stopped |= args.batch.fail_fast;
            }
            Todo::Nothing(filed) => {
                record.state = State::Before;
                (record.id, record.commitment) = (Some(filed.id), Some(filed.commitment));
            }
            Todo::Add | Todo::Resume(_) => {}
        }
    }
    let to_do: Vec<usize> = (0..)
        .zip(&plan.planned)
        .filter(|(_, it)| matches!(it.todo, Todo::Add | Todo::Resume(_)))
        .map(|(index, _)| index)
        .collect();
    if is_stopped || to_do.is_empty() {
        return records;
    }
    let work = match Work::begin(context, plan, &to_do) {
        Ok(work) => work,
        Err(error) => {
            for index in to_do {
                records[index].failed(&error);
            }
            return records;
        }
    };
    context
        .terminal
        .say("should this be interrupted, run the same command again: nothing is added twice");
    let jobs = usize::from(args.batch.jobs);
    // In order, so that the records' numbers follow the order of the batch.
    let mut stored = futures_util::stream::iter(to_do)
        .map(|index| work.store(index))
        .buffered(jobs)
        .fuse();
    let mut sent = FuturesUnordered::new();
    let mut is_over = false;
    loop {
        let (index, outcome) = tokio::select! {
            // Receipts first: they make room.
            biased;
            Some(done) = sent.next(), if !sent.is_empty() => done,
            next = stored.next(), if !is_over && sent.len() < IN_FLIGHT => match next {
                None => {
                    is_over = true;
                    continue;
                }
                Some((index, Err(error))) => (index, Err(error)),
                Some((index, Ok(ready))) => {
                    let record = &mut records[index];
                    record.title.clone_from(&ready.title);
                    record.commitment = Some(ready.pending.record.commitment);
                    record.length = Some(ready.pending.record.payload_len);
                    match work.submit(&ready).await {
                        Ok(submitted) => {
                            sent.push(work.finish(ready, submitted));
                            continue;
                        }
                        Err(error) => (index, Err(add::not_sent(context, &ready.pending, error).await)),
                    }
                }
            },
            else => break,
        };
        let record = &mut records[index];
        match outcome {
            Ok((id, tx)) => {
                record.state = State::Added;
                (record.id, record.tx) = (Some(id), tx);
            }
            Err(error) => {
                record.failed(&error);
                // What is on its way is waited for.
                is_over |= args.batch.fail_fast;
            }
        }
        work.bar.done();
        // Where a bar counts, the table in the end is enough.
        if record.state == State::Failed || !context.terminal.progress {
            context.terminal.say(&record.line());
        }
    }
    records
}

/// A transaction on its way; or the number of a record that is on chain.
enum Submitted {
    Sent(B256),
    There(u32),
}

impl<'a> Work<'a> {
    fn begin(context: &'a Context, plan: &'a Plan, to_do: &[usize]) -> Result<Self, Error> {
        let stores = &context.settings.stores;
        let remote = |it: &&Location| !matches!(it, Location::Directory(_));
        let remote = stores.iter().filter(remote).count() as u64;
        let lengths = to_do.iter().filter_map(|index| plan.planned[*index].length);
        let bytes = lengths.sum::<u64>().saturating_mul(1 + remote);
        let bar = Bar::items(&context.terminal, "record", to_do.len(), Some(bytes));
        Ok(Self {
            context,
            plan,
            writers: Writers::open(context, stores, bar.watcher())?,
            bar,
        })
    }

    fn of(&self, index: usize) -> (&'a Planned, &'a Place) {
        let planned = &self.plan.planned[index];
        let place = planned.place.expect("what is to be done has a place");
        (planned, &self.plan.places[place])
    }

    /// Encrypts a record and puts it into every store.
    async fn store(&self, index: usize) -> (usize, Result<Ready, Error>) {
        (index, self.try_store(index).await)
    }

    async fn try_store(&self, index: usize) -> Result<Ready, Error> {
        let (planned, place) = self.of(index);
        let port = &place.chosen.port;
        let adding = again::hold(self.context, planned.name)?;
        if let Todo::Resume(pending) = &planned.todo
            && again::is_useful(self.context, port, &place.key, pending).await?
        {
            let same = transfer::locations(self.context, pending)? == self.context.settings.stores;
            if same {
                transfer::send_with(self.context, pending, &self.writers, &self.bar).await?;
            } else {
                transfer::send(self.context, pending).await?;
            }
            return Ok(Ready {
                index,
                title: planned.item.described.title.clone(),
                pending: pending.clone(),
                is_resumed: true,
                _adding: adding,
            });
        }
        let path = planned.item.file.clone();
        let input = blocking(move || Input::open(&path)).await?;
        // Hours may have passed since the batch was planned, and the file may be another.
        let name = input.file.as_ref().map_or(planned.name, |file| {
            let author = self.plan.wallet.address();
            let here = (port.chain().chain_id(), port.address(), author);
            let item = (planned.item.file.as_path(), &planned.item.described);
            items::name_of(here, &place.key, item, file, None)
        });
        let metadata = add::metadata(&input, &planned.item.described)?;
        let title = Some(metadata.title.clone());
        let pending = add::store(
            self.context,
            (port, self.plan.wallet.address()),
            place.target,
            metadata,
            input,
            (&self.writers, &self.bar),
            (Some(name), None),
        )
        .await?;
        let sent = transfer::send_with(self.context, &pending, &self.writers, &self.bar).await;
        if let Err(error) = sent {
            return Err(add::not_sent(self.context, &pending, error).await);
        }
        Ok(Ready {
            index,
            title,
            pending: Box::new(pending),
            is_resumed: false,
            _adding: adding,
        })
    }

    /// Sends a record's transaction, after all that were sent before.
    async fn submit(&self, ready: &Ready) -> Result<Submitted, Error> {
        let (_, place) = self.of(ready.index);
        let (port, record) = (&place.chosen.port, &ready.pending.record);
        let transaction = records::transaction(port, record)?;
        if ready.is_resumed
            && let Some(id) = records::find(port, record).await?
        {
            return Ok(Submitted::There(id));
        }
        let wallet = &self.plan.wallet;
        let prepared = transaction.prepare(wallet.address()).await?;
        still_as_shown(&place.price, &prepared)?;
        let hash = transaction.submit(&wallet.signer, &prepared).await?;
        Ok(Submitted::Sent(hash))
    }

    /// Waits for the receipt, and forgets that the record waited.
    async fn finish(
        &self,
        ready: Ready,
        submitted: Submitted,
    ) -> (usize, Result<(u32, Option<TxSummary>), Error>) {
        let index = ready.index;
        let finished = self.try_finish(&ready, submitted).await;
        let result = match finished {
            Ok(finished) => Ok(finished),
            Err(error) => Err(add::not_sent(self.context, &ready.pending, error).await),
        };
        (index, result)
    }

    async fn try_finish(
        &self,
        ready: &Ready,
        submitted: Submitted,
    ) -> Result<(u32, Option<TxSummary>), Error> {
        let (planned, place) = self.of(ready.index);
        let (port, record) = (&place.chosen.port, &ready.pending.record);
        let (id, tx) = match submitted {
            Submitted::There(id) => (id, None),
            Submitted::Sent(hash) => {
                let report = port.chain().wait(hash).await?;
                let id = records::added_by(port, record, &report)?;
                (id, Some(TxSummary::from(&report)))
            }
        };
        let filed = Filed {
            item: ready.pending.source.unwrap_or(planned.name),
            id,
            commitment: record.commitment,
        };
        let home = self.context.home();
        let kept = home
            .add_filed(record.chain_id, record.port, &filed)
            .and_then(|()| home.remove_pending(record.commitment));
        // It is on chain, and the next run finds it there.
        if let Err(error) = kept {
            self.context
                .warn_not_kept(&format!("that record {id} is on chain"), error);
        }
        transfer::forget(self.context, &ready.pending).await;
        Ok((id, tx))
    }
}
