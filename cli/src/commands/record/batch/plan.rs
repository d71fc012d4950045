//! What a batch will do: where each record goes, to whom it is sealed, what it costs; shown and confirmed once.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256};
use futures_util::{StreamExt as _, TryStreamExt as _};
use patientport_client::Error as ClientError;
use patientport_client::Wei;
use patientport_client::chain::Prepared;
use patientport_client::port::{PortInfo, SectionKey};
use patientport_client::records::Target;

use super::super::add;
use super::items::{self, Item};
use crate::args::record::{AddArgs, BatchArgs};
use crate::commands::party::keyring;
use crate::commands::record::bulk::{Identity, concerns_all};
use crate::context::{ChosenPort, Context, Wallet};
use crate::error::Error;
use crate::home::filed::Filed;
use crate::home::pending::Pending;
use crate::home::pins::Pin;
use crate::preview::{Preview, confirm};
use crate::text::{count, ether, grouped, size};

/// How many notes of earlier runs are held against the chain at the same time.
const CHECKS_AT_ONCE: usize = 16;
/// More places than this are not listed one by one before they are confirmed.
const PLACES_SHOWN: usize = 20;

/// A section of a port that records go to.
#[derive(Debug)]
pub(super) struct Place {
    /// The port.
    pub(super) chosen: ChosenPort,
    /// The section's key.
    pub(super) key: SectionKey,
    /// Whom records are sealed to.
    pub(super) target: Target,
    /// The keys to remember.
    pins: Vec<Pin>,
    /// What one record costs.
    pub(super) price: Prepared,
}

/// What is to become of an item.
#[derive(Debug)]
pub(super) enum Todo {
    /// Encrypt, store and add it.
    Add,
    /// An earlier run encrypted it.
    Resume(Box<Pending>),
    /// An earlier run added it.
    Nothing(Filed),
    /// It cannot be added.
    Impossible(Error),
}

/// An item with its place.
#[derive(Debug)]
pub(super) struct Planned {
    /// What it is made of.
    pub(super) item: Item,
    /// Where it goes: an index of [`Plan::places`].
    pub(super) place: Option<usize>,
    /// What it is called in this home's notes.
    pub(super) name: B256,
    /// Bytes of the file.
    pub(super) length: Option<u64>,
    /// What is to be done.
    pub(super) todo: Todo,
}

/// A whole batch.
#[derive(Debug)]
pub(super) struct Plan {
    /// It signs.
    pub(super) wallet: Wallet,
    /// Where records go.
    pub(super) places: Vec<Place>,
    /// The records, in order.
    pub(super) planned: Vec<Planned>,
}

impl Plan {
    /// Looks at every file and every port. Sends and stores nothing.
    ///
    /// # Errors
    /// What concerns all records.
    pub(super) async fn make(
        context: &Context,
        args: &AddArgs,
        items: Vec<Item>,
    ) -> Result<Self, Error> {
        let chain = context.chain().await?;
        let wallet = wallet(context, &items).await?;
        context.refuse_public_key(wallet.address(), chain.chain_id())?;
        // What an earlier run sent has to be seen before the log is asked for it.
        chain.settle(wallet.address()).await?;
        let mut plan = Self {
            wallet,
            places: Vec::new(),
            planned: Vec::new(),
        };
        let mut identity = Identity::default();
        let mut known: BTreeMap<(Option<String>, String), Result<usize, String>> = BTreeMap::new();
        let mut names = BTreeMap::new();
        let pending: BTreeMap<B256, Pending> = context
            .home()
            .all_pending()?
            .into_iter()
            .filter_map(|pending| Some((pending.source?, pending)))
            .collect();
        for item in items {
            let section = item.section.as_ref().map(ToString::to_string);
            let wanted = (item.port.clone(), section.unwrap_or_default());
            let place = match known.get(&wanted) {
                Some(Ok(place)) => Ok(*place),
                // Said of the first record in full.
                Some(Err(why)) => Err(Error::Unplaced { why: why.clone() }),
                None => match plan.open(context, args, &item, &mut identity).await {
                    Ok(place) => Ok(plan.place(place)),
                    Err(error) if concerns_all(&error) => return Err(error),
                    Err(error) => Err(error),
                },
            };
            let remembered = place.as_ref().map_err(|error| error.chain().join(": "));
            known.entry(wanted).or_insert(remembered.copied());
            let planned = plan.planned(context, item, place, &pending, &args.batch);
            if planned.place.is_some()
                && let Some(first) = names.insert(planned.name, planned.item.file.clone())
            {
                context.warn(
                    "input.left_out",
                    format!(
                        "`{}` is listed twice and is added once",
                        crate::text::shown(&first.display().to_string())
                    ),
                );
                continue;
            }
            plan.planned.push(planned);
        }
        if !args.batch.again {
            plan.look_up(context).await?;
        }
        Ok(plan)
    }

    fn place(&mut self, place: Place) -> usize {
        // The same section may have been named in two ways.
        let same = |it: &Place| {
            it.chosen.port.address() == place.chosen.port.address()
                && it.key.section == place.key.section
        };
        if let Some(index) = self.places.iter().position(same) {
            return index;
        }
        self.places.push(place);
        self.places.len() - 1
    }

    /// Opens a port and chooses the section, as for a single record: keys compared, the right to write tried.
    async fn open(
        &self,
        context: &Context,
        args: &AddArgs,
        item: &Item,
        identity: &mut Identity,
    ) -> Result<Place, Error> {
        let chosen = context.port(item.port.as_deref()).await?;
        let port = &chosen.port;
        let author = self.wallet.address();
        let info = port.claimed_info().await?;
        let key = add::choose_section(&chosen, item.section.as_ref()).await?;
        let mut pins = check_key(context, (&chosen, &info), author, &key, identity).await?;
        // A commitment is any 32 bytes to the port.
        let trial = port.add(B256::repeat_byte(1), key.section, key.epoch);
        let price = trial.prepare(author).await?;
        let (target, pin) = add::target(context, port, &info, &key, args.allow_stale).await?;
        pins.splice(..0, pin);
        Ok(Place {
            chosen,
            key,
            target,
            pins,
            price,
        })
    }

    fn planned(
        &self,
        context: &Context,
        item: Item,
        place: Result<usize, Error>,
        pending: &BTreeMap<B256, Pending>,
        args: &BatchArgs,
    ) -> Planned {
        let failed = |source| Error::Input {
            path: item.file.clone(),
            source,
        };
        if item.is_outside && !args.allow_outside {
            return Planned {
                place: None,
                name: B256::ZERO,
                length: None,
                todo: Todo::Impossible(Error::Outside {
                    path: item.file.clone(),
                }),
                item,
            };
        }
        let file = std::fs::metadata(&item.file).and_then(|data| {
            if data.is_dir() {
                Err(std::io::ErrorKind::IsADirectory.into())
            } else if data.is_file() {
                Ok(data)
            } else {
                Err(std::io::Error::other("it is no plain file"))
            }
        });
        let length = file.as_ref().ok().map(std::fs::Metadata::len);
        let (index, file) = match (place, file) {
            (Ok(index), Ok(file)) => (index, file),
            (Err(error), _) => {
                return Planned {
                    place: None,
                    name: B256::ZERO,
                    length,
                    todo: Todo::Impossible(error),
                    item,
                };
            }
            (Ok(_), Err(source)) => {
                let error = failed(source);
                return Planned {
                    place: None,
                    name: B256::ZERO,
                    length,
                    todo: Todo::Impossible(error),
                    item,
                };
            }
        };
        let place = &self.places[index];
        let at = &place.chosen.port;
        let here = (at.chain().chain_id(), at.address(), self.wallet.address());
        let name = items::name_of(here, &place.key, (&item.file, &item.described), &file, None);
        let todo = match pending.get(&name) {
            Some(pending) if !args.again => {
                context
                    .terminal
                    .detail(&format!("goes on with {}", item.name()));
                Todo::Resume(Box::new(pending.clone()))
            }
            _ => Todo::Add,
        };
        Planned {
            place: Some(index),
            name,
            length,
            todo,
            item,
        }
    }

    /// Finds what earlier runs added, by this home's notes, where the chain says the same.
    async fn look_up(&mut self, context: &Context) -> Result<(), Error> {
        let chain_id = context.chain().await?.chain_id();
        let ports: BTreeMap<Address, usize> = (0..)
            .zip(&self.places)
            .map(|(index, place)| (place.chosen.port.address(), index))
            .collect();
        let mut known = BTreeMap::new();
        for port in ports.keys() {
            known.extend(context.home().filed(chain_id, *port)?);
        }
        let places = &self.places;
        let noted = self.planned.iter().enumerate().filter_map(|(index, it)| {
            let filed = *known.get(&it.name)?;
            Some((index, it.place?, filed))
        });
        let noted: Vec<_> = noted.collect();
        let found: Vec<(usize, Option<Filed>)> = futures_util::stream::iter(noted)
            .map(|(index, place, filed)| async move {
                let port = &places[place].chosen.port;
                match port.record(filed.id).await {
                    Ok(entry) if entry.commitment == filed.commitment => Ok((index, Some(filed))),
                    Ok(_) | Err(ClientError::UnknownRecord { .. }) => Ok((index, None)),
                    Err(error) => Err(Error::from(error)),
                }
            })
            .buffer_unordered(CHECKS_AT_ONCE)
            .try_collect()
            .await?;
        for (index, filed) in found {
            if let Some(filed) = filed {
                self.planned[index].todo = Todo::Nothing(filed);
            }
        }
        Ok(())
    }

    /// Shows what will be done and asks once.
    ///
    /// # Errors
    /// [`Error::Declined`]; `InsufficientFunds`; the first record's error with `--fail-fast`, and where there is no
    /// record that can be added.
    pub(super) async fn confirm(&self, context: &Context, args: &AddArgs) -> Result<(), Error> {
        let is = |wanted: fn(&Todo) -> bool| self.planned.iter().filter(move |it| wanted(&it.todo));
        let impossible = is(|todo| matches!(todo, Todo::Impossible(_))).count();
        let before = is(|todo| matches!(todo, Todo::Nothing(_))).count();
        let to_add: Vec<_> = is(|todo| matches!(todo, Todo::Add | Todo::Resume(_))).collect();
        if to_add.is_empty() || (impossible > 0 && args.batch.fail_fast) {
            return Ok(());
        }
        let mut by_place: BTreeMap<usize, (usize, u64)> = BTreeMap::new();
        for planned in &to_add {
            let sum = by_place
                .entry(planned.place.unwrap_or_default())
                .or_default();
            sum.0 += 1;
            sum.1 += planned.length.unwrap_or_default();
        }
        let bytes: u64 = by_place.values().map(|(_, bytes)| bytes).sum();
        let in_all = |one: &dyn Fn(&Prepared) -> u128| -> u128 {
            let each = by_place.iter().map(|(place, (records, _))| {
                one(&self.places[*place].price).saturating_mul(*records as u128)
            });
            each.sum()
        };
        let gas = in_all(&|price| price.gas.0.into());
        let fee = in_all(&|price| price.fee().0);
        let most = in_all(&|price| price.highest_cost().0);
        let account = self.wallet.address();
        let balance = context.chain().await?.balance(account).await?;
        if balance.0 < fee {
            return Err(ClientError::InsufficientFunds {
                account,
                balance,
                needed: Wei(fee),
            }
            .into());
        }
        let mut preview = Preview::new(format!(
            "add {}, a transaction each",
            count(to_add.len(), "record")
        ));
        for (place, (records, bytes)) in by_place.iter().take(PLACES_SHOWN) {
            let place = &self.places[*place];
            preview = preview.line(
                "port",
                format!(
                    "{} section {} at epoch {}: {}, {}",
                    place.chosen.port.address(),
                    place.key.section,
                    place.key.epoch,
                    count(*records, "record"),
                    size(*bytes)
                ),
            );
            let fingerprint = || place.target.key.fingerprint().to_string();
            let key = place
                .pins
                .first()
                .map_or_else(fingerprint, ToString::to_string);
            preview = preview.line("key", key);
        }
        if by_place.len() > PLACES_SHOWN {
            preview = preview.line(
                "port",
                format!("and {} more", by_place.len() - PLACES_SHOWN),
            );
        }
        let outside = to_add.iter().filter(|it| it.item.is_outside).count();
        let skipped = |number: usize| (number > 0).then(|| count(number, "record"));
        let preview = preview
            .maybe(
                "before",
                skipped(before).map(|it| format!("{it} added by an earlier run are left alone")),
            )
            .maybe(
                "not",
                skipped(impossible).map(|it| format!("{it} cannot be added")),
            )
            .maybe(
                "outside",
                skipped(outside)
                    .map(|it| format!("{it} of files outside the manifest's directory")),
            )
            .line("size", size(bytes))
            .line("from", format!("{account} (wallet `{}`)", self.wallet.name))
            .line(
                "gas",
                format!(
                    "about {}, fee about {}, at most {}",
                    grouped(u64::try_from(gas).unwrap_or(u64::MAX)),
                    ether(fee),
                    ether(most)
                ),
            );
        confirm(context, &preview)?;
        let pins: Vec<Pin> = self
            .places
            .iter()
            .flat_map(|place| place.pins.iter().cloned())
            .collect();
        Ok(context.home().keep_pins(&pins)?)
    }
}

/// The wallet that adds all of them: that of the ports, where they are this home's.
async fn wallet(context: &Context, items: &[Item]) -> Result<Wallet, Error> {
    let chain_id = context.chain().await?.chain_id();
    let first = items.first().and_then(|item| item.port.as_deref());
    let known = context.home().choose_port(chain_id, first).ok();
    let account = known.and_then(|(_, known)| known.account);
    context.wallet(account.as_deref())
}

/// As for a single record, with an identity that is opened once.
async fn check_key(
    context: &Context,
    (chosen, info): (&ChosenPort, &PortInfo),
    author: Address,
    key: &SectionKey,
    identity: &mut Identity,
) -> Result<Vec<Pin>, Error> {
    let port = &chosen.port;
    if author == info.patient {
        return add::check_key(context, chosen, info, author, key).await;
    }
    let keys = std::slice::from_ref(key);
    let pins = crate::commands::request::approve::section_pins(context, port, keys)?;
    if add::knows_secret(port, info, author, key).await? {
        let keys = identity.of_provider(context, chosen, author).await?;
        keyring(context, port, author, &keys).await?.check(key)?;
    }
    Ok(pins)
}
