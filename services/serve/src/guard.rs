//! Who may ask. On a loopback address: whoever is on this machine, under a name of this machine. Beyond: whoever shows
//! the admin key.

use crate::error::Problem;
use std::net::IpAddr;
use subtle::ConstantTimeEq;

/// The BLAKE3 digest of the admin key; the key itself is shown once and kept nowhere.
#[derive(Clone, Copy)]
pub struct AdminKey([u8; 32]);

impl AdminKey {
    /// The digest of `key`.
    #[must_use]
    pub fn of(key: &str) -> Self {
        Self(*blake3::hash(key.as_bytes()).as_bytes())
    }

    /// A digest that was kept.
    #[must_use]
    pub const fn from_digest(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The digest, to be kept.
    #[must_use]
    pub const fn digest(&self) -> [u8; 32] {
        self.0
    }

    fn opens_with(&self, key: &str) -> bool {
        self.0.ct_eq(&Self::of(key).0).into()
    }
}

impl std::fmt::Debug for AdminKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AdminKey(…)")
    }
}

/// Decides whether a request may be answered.
#[derive(Clone)]
pub(crate) enum Guard {
    /// Bound to loopback: the name it was called by must be loopback too, or a page elsewhere could have pointed its
    /// own name here (DNS rebinding).
    ThisMachine,
    /// Bound to a network.
    Key(AdminKey),
}

impl Guard {
    /// For a server bound to `host`; without a key it trusts this machine alone.
    pub(crate) fn new(host: IpAddr, key: Option<AdminKey>) -> Self {
        match key {
            Some(key) if !host.is_loopback() => Self::Key(key),
            _ => Self::ThisMachine,
        }
    }

    /// Whether a request with these headers may be answered.
    pub(crate) fn admit(&self, host: Option<&str>, authorization: Option<&str>) -> Result<(), Problem> {
        match self {
            Self::ThisMachine => {
                if host.is_none_or(is_this_machine) {
                    Ok(())
                } else {
                    Err(Problem::ForeignHost)
                }
            }
            Self::Key(key) => {
                if authorization.and_then(secret).is_some_and(|secret| key.opens_with(&secret)) {
                    Ok(())
                } else {
                    Err(Problem::Key)
                }
            }
        }
    }
}

fn is_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The key out of `Bearer KEY`, or the password out of `Basic …`, which is what a browser can ask a person for.
fn secret(authorization: &str) -> Option<String> {
    let (scheme, value) = authorization.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(value.trim().to_owned());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        use base64::Engine;
        let text = base64::engine::general_purpose::STANDARD.decode(value.trim()).ok()?;
        let (_, password) = std::str::from_utf8(&text).ok()?.split_once(':')?;
        return Some(password.to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{AdminKey, Guard};
    use std::net::{IpAddr, Ipv4Addr};

    #[test]
    fn loopback_answers_to_its_own_names_only() {
        let guard = Guard::new(IpAddr::V4(Ipv4Addr::LOCALHOST), Some(AdminKey::of("k")));
        for own in ["localhost:8377", "127.0.0.1:8377", "[::1]:8377", "LOCALHOST"] {
            assert!(guard.admit(Some(own), None).is_ok(), "{own}");
        }
        for foreign in ["evil.example", "127.0.0.1.evil.example:80", "10.0.0.1:8377", ""] {
            assert!(guard.admit(Some(foreign), None).is_err(), "{foreign}");
        }
    }

    #[test]
    fn a_network_asks_for_the_key() {
        let guard = Guard::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), Some(AdminKey::of("open sesame")));
        assert!(guard.admit(Some("tide.example"), Some("Bearer open sesame")).is_ok());
        assert!(guard.admit(None, Some("Basic YWRtaW46b3BlbiBzZXNhbWU=")).is_ok());
        for wrong in [None, Some("Bearer open"), Some("Basic !"), Some("Bearer"), Some("Digest open sesame")] {
            assert!(guard.admit(Some("localhost"), wrong).is_err(), "{wrong:?}");
        }
    }
}
