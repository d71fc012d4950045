//! Which hosts are asked, and how patiently.
//!
//! A store that the user names may be anywhere, by TLS, or without it on this machine. An endpoint that *others*
//! name, and every place that a server redirects to, is hostile input: it is asked only by `https://`, only at
//! public addresses, which are looked at after the name was resolved and at every redirect, without credentials,
//! and without the proxy of the environment, which would resolve names out of sight. So nobody can make this
//! program reach into the network it runs in.
//!
//! # Security
//! Asking tells the host which blobs are read, from where and when.

use std::error::Error as StdError;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, Url};

/// How many redirects are followed.
pub const MAX_REDIRECTS: usize = 5;

/// Which hosts, and how patiently.
#[derive(Clone, Copy, Debug)]
pub struct NetOptions {
    /// Whether stores on other machines that the *user* names may be asked without TLS.
    pub allow_http: bool,
    /// Whether endpoints that others name, and redirects, may lead to this machine and private networks, and
    /// without TLS to this machine.
    pub allow_private: bool,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest time in which next to nothing moves.
    pub patience: Duration,
}

impl Default for NetOptions {
    /// TLS, public addresses, 10 s to connect, 30 s of standstill.
    fn default() -> Self {
        Self {
            allow_http: false,
            allow_private: false,
            connect_timeout: Duration::from_secs(10),
            patience: Duration::from_secs(30),
        }
    }
}

/// Why an address is not asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Objection {
    /// Not `https://`.
    #[error("it is not https://")]
    NotHttps,
    /// User or password in the URL.
    #[error("its URL holds credentials")]
    Credentials,
    /// No host.
    #[error("its URL names no host")]
    NoHost,
    /// The address is not public.
    #[error("`{0}` is not a public address")]
    NotPublic(String),
    /// Too many redirects.
    #[error("it redirects more than `{MAX_REDIRECTS}` times")]
    TooManyRedirects,
}

impl Objection {
    /// The objection among an error's causes.
    pub(crate) fn within(error: &(dyn StdError + 'static)) -> Option<Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(found) = error.downcast_ref::<Self>() {
                return Some(found.clone());
            }
            cause = error.source();
        }
        None
    }
}

/// Whose word it is that a host is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// The user's: the host may be anywhere.
    Named,
    /// Somebody else's.
    Endpoint,
}

/// A client that keeps to the rules for `origin`.
pub(crate) fn client(
    origin: &Url,
    trust: &Trust,
    redirects: bool,
    options: &NetOptions,
) -> reqwest::Result<Client> {
    // The library insists on a provider even for plain HTTP. Where the process has chosen one, that serves.
    let _chosen_before = rustls::crypto::ring::default_provider().install_default();
    let rules = Rules {
        trusted: (*trust == Trust::Named).then(|| origin.clone()),
        allow_private: options.allow_private,
    };
    let mut builder = Client::builder()
        .user_agent(concat!("patientport/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(options.connect_timeout)
        .referer(false)
        .dns_resolver(Guard(rules.clone()))
        .redirect(if redirects {
            Policy::custom(move |attempt| rules.follow(attempt))
        } else {
            Policy::none()
        });
    if *trust == Trust::Endpoint || is_loopback(origin) {
        builder = builder.no_proxy();
    }
    if origin.scheme() == "http" && !redirects {
        // Without TLS there is nothing to check, and the system's certificates take a while to read.
        builder = builder.tls_certs_only([]);
    }
    builder.build()
}

/// A body that is watched while it is sent.
pub(crate) struct Watched<B> {
    inner: B,
    sent: Arc<AtomicU64>,
}

impl<B> Watched<B> {
    pub(crate) fn new(inner: B) -> (Self, Arc<AtomicU64>) {
        let sent = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&sent);
        (Self { inner, sent }, counter)
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Watched<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            let length = frame.data_ref().map_or(0, Bytes::len);
            self.sent.fetch_add(length as u64, Ordering::Relaxed);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Waits for an answer as long as the request's body moves, and so long again.
pub(crate) async fn answer(
    client: &Client,
    request: reqwest::Request,
    sent: &AtomicU64,
    patience: Duration,
) -> Result<reqwest::Response, Waited> {
    let mut execution = pin!(client.execute(request));
    let mut before = 0;
    loop {
        match tokio::time::timeout(patience, &mut execution).await {
            Ok(answer) => return answer.map_err(Waited::Failed),
            Err(_) if sent.load(Ordering::Relaxed) == before => return Err(Waited::Stalled),
            Err(_) => before = sent.load(Ordering::Relaxed),
        }
    }
}

/// Why there is no answer.
pub(crate) enum Waited {
    Failed(reqwest::Error),
    Stalled,
}

/// Which hosts may be asked.
#[derive(Clone, Debug)]
struct Rules {
    /// The store that the user named.
    trusted: Option<Url>,
    allow_private: bool,
}

impl Rules {
    fn is_trusted_host(&self, host: &str) -> bool {
        self.trusted
            .as_ref()
            .and_then(Url::host_str)
            .is_some_and(|trusted| trusted.eq_ignore_ascii_case(host))
    }

    fn follow(&self, attempt: Attempt<'_>) -> reqwest::redirect::Action {
        if attempt.previous().len() > MAX_REDIRECTS {
            return attempt.error(Objection::TooManyRedirects);
        }
        let is_same = self
            .trusted
            .as_ref()
            .is_some_and(|trusted| trusted.origin() == attempt.url().origin());
        if is_same && attempt.url().username().is_empty() && attempt.url().password().is_none() {
            return attempt.follow();
        }
        match check(attempt.url(), self.allow_private) {
            Ok(()) => attempt.follow(),
            Err(objection) => attempt.error(objection),
        }
    }
}

/// Checks the URL of an endpoint that somebody else named, as far as that goes without resolving its name.
///
/// # Errors
/// The rule that it breaks.
pub fn check(url: &Url, allow_private: bool) -> Result<(), Objection> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Objection::Credentials);
    }
    let Some(host) = url.host_str() else {
        return Err(Objection::NoHost);
    };
    let is_own = allow_private && url.scheme() == "http" && is_loopback(url);
    if url.scheme() != "https" && !is_own {
        return Err(Objection::NotHttps);
    }
    match literal(host) {
        Some(address) if !allow_private && !is_public(address) => {
            Err(Objection::NotPublic(address.to_string()))
        }
        _ => Ok(()),
    }
}

/// The address that a URL's host is, if it is one.
fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[')
        .trim_end_matches(']')
        .parse()
        .ok()
}

/// Whether a URL's host is this machine, by its own word.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host == "localhost" || literal(host).is_some_and(|address| address.is_loopback())
}

/// Resolves names, and gives only addresses that may be asked. The connection goes to what it gives and is not
/// resolved again, so a name that changes its mind in between gains nothing.
struct Guard(Rules);

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Guard").field(&self.0).finish()
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let any = self.0.allow_private || self.0.is_trusted_host(name.as_str());
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let allowed = admitted(found, any, name.as_str())?;
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Those of a name's addresses that may be asked. One that may not spoils all: an honest name has none.
fn admitted(
    found: Vec<SocketAddr>,
    any: bool,
    name: &str,
) -> Result<Vec<SocketAddr>, Box<dyn StdError + Send + Sync>> {
    let private = found
        .iter()
        .find(|address| !any && !is_public(address.ip()));
    match private {
        Some(address) => Err(Box::new(Objection::NotPublic(format!(
            "{name} ({})",
            address.ip()
        )))),
        None => Ok(found),
    }
}

/// Whether an address is one of the public Internet: neither of this machine, of a private or local network, of a
/// carrier's network, of a group of hosts, nor reserved (IANA special-purpose address registries, RFC 6890 and
/// its updates). What embeds another address is judged by that one.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(a == 0                                        // this network, RFC 791
        || a >= 240                                 // reserved and broadcast, RFC 1112
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || (a == 100 && (64..128).contains(&b))     // carriers' networks, RFC 6598
        || (a == 192 && b == 0 && c == 0)           // IETF protocols, RFC 6890
        || (a == 192 && b == 88 && c == 99)         // 6to4 relays, RFC 7526
        || (a == 198 && (b == 18 || b == 19))) // benchmarks, RFC 2544
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    let segments = address.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match segments {
        // NAT64, RFC 6052; 6to4, RFC 3056.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            is_public_v4(v4(high, low))
        }
        // Teredo, benchmarks, ORCHID and other protocols of 2001::/23 (RFC 2928), and documentation (RFC 3849, 9637).
        [0x2001, 0..0x200 | 0xdb8, ..] | [0x3fff, 0..0x1000, ..] => false,
        // Of the rest only global unicast, RFC 4291: no loopback, private, link-local or group address is in it.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.8.8.8",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:a00:1::",
            "3fff::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "4000::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2a00:1450::1",
            "2001:4860:4860::8888",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2002:808:808::1",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn endpoints_are_https_public_and_without_credentials() {
        for (url, allow, verdict) in [
            ("https://blobs.example/records", false, Ok(())),
            ("https://8.8.8.8/", false, Ok(())),
            ("http://blobs.example/", false, Err(Objection::NotHttps)),
            ("http://blobs.example/", true, Err(Objection::NotHttps)),
            ("ftp://blobs.example/", false, Err(Objection::NotHttps)),
            (
                "https://u@blobs.example/",
                false,
                Err(Objection::Credentials),
            ),
            (
                "https://:p@blobs.example/",
                true,
                Err(Objection::Credentials),
            ),
            (
                "https://127.0.0.1/",
                false,
                Err(Objection::NotPublic("127.0.0.1".into())),
            ),
            // What a URL parser makes of other spellings of the same address.
            (
                "https://2130706433/",
                false,
                Err(Objection::NotPublic("127.0.0.1".into())),
            ),
            (
                "https://0x7f.1/",
                false,
                Err(Objection::NotPublic("127.0.0.1".into())),
            ),
            (
                "https://[::ffff:10.0.0.1]/",
                false,
                Err(Objection::NotPublic("::ffff:10.0.0.1".into())),
            ),
            (
                "https://[::1]/",
                false,
                Err(Objection::NotPublic("::1".into())),
            ),
            ("https://127.0.0.1/", true, Ok(())),
            ("http://127.0.0.1:80/", true, Ok(())),
            ("http://10.0.0.1/", true, Err(Objection::NotHttps)),
        ] {
            assert_eq!(check(&url.parse().unwrap(), allow), verdict, "{url}");
        }
    }

    #[test]
    fn a_name_that_resolves_to_a_private_address_is_refused_whatever_else_it_has() {
        let addresses = |texts: &[&str]| -> Vec<SocketAddr> {
            let parse = |text: &&str| SocketAddr::new(text.parse().unwrap(), 0);
            texts.iter().map(parse).collect()
        };
        for (found, any, ok) in [
            (addresses(&["8.8.8.8"]), false, true),
            (addresses(&["8.8.8.8", "10.0.0.1"]), false, false),
            (addresses(&["::1"]), false, false),
            (addresses(&["::1"]), true, true),
        ] {
            let admitted = admitted(found.clone(), any, "blobs.example");
            assert_eq!(admitted.is_ok(), ok, "{found:?}");
            if let Err(error) = admitted {
                assert!(matches!(
                    Objection::within(error.as_ref()),
                    Some(Objection::NotPublic(_))
                ));
            }
        }
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_not_asked_for_others() {
        let origin: Url = "https://localhost:1/".parse().unwrap();
        let strict = NetOptions::default();
        let client = client(&origin, &Trust::Endpoint, true, &strict).unwrap();
        let error = client.get(origin).send().await.unwrap_err();
        assert!(
            matches!(Objection::within(&error), Some(Objection::NotPublic(_))),
            "{error:?}"
        );
    }
}
