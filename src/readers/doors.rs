//! What annotations say of a door: whether somebody gives it a certificate, and whether it opens
//! to the inside only. Knows the controllers' annotations and nothing of what is behind the door.

/// Parts of keys under which controllers take a certificate, or who issues it.
const CERTIFICATE: [&str; 4] = ["cert", "issuer", "tls-acme", "router.tls"];

/// Annotations that keep a load balancer inside a network, with the beginning of the value.
const INTERNAL: [(&str, &str); 8] = [
    ("service.beta.kubernetes.io/aws-load-balancer-internal", ""),
    ("service.beta.kubernetes.io/aws-load-balancer-scheme", "internal"),
    ("service.beta.kubernetes.io/azure-load-balancer-internal", "true"),
    ("networking.gke.io/load-balancer-type", "internal"),
    ("cloud.google.com/load-balancer-type", "internal"),
    ("service.beta.kubernetes.io/openstack-internal-load-balancer", "true"),
    ("service.beta.kubernetes.io/oci-load-balancer-internal", "true"),
    ("alb.ingress.kubernetes.io/scheme", "internal"),
];

/// Whether an annotation lets somebody outside these files give the door a certificate.
pub(super) fn takes_certificate(key: &str, value: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let value = value.trim().to_ascii_lowercase();
    if matches!(value.as_str(), "" | "false") {
        return false;
    }
    CERTIFICATE.iter().any(|part| key.contains(part))
        || key.ends_with("/listen-ports") && value.contains("https")
        || key.ends_with("/router.entrypoints") && value.contains("websecure")
}

/// Whether an annotation keeps a load balancer inside a network.
pub(super) fn is_internal(key: &str, value: &str) -> bool {
    let value = value.trim().to_ascii_lowercase();
    let says = |start: &str| value.starts_with(start) && value != "false";
    INTERNAL.iter().any(|(known, start)| key.trim() == *known && says(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates() {
        assert!(takes_certificate("cert-manager.io/cluster-issuer", "letsencrypt"));
        assert!(takes_certificate("alb.ingress.kubernetes.io/certificate-arn", "arn:aws:acm:x"));
        assert!(takes_certificate("kubernetes.io/tls-acme", "true"));
        assert!(!takes_certificate("kubernetes.io/tls-acme", "false"));
        assert!(takes_certificate("alb.ingress.kubernetes.io/listen-ports", "[{\"HTTPS\":443}]"));
        assert!(!takes_certificate("alb.ingress.kubernetes.io/listen-ports", "[{\"HTTP\":80}]"));
        assert!(!takes_certificate("nginx.ingress.kubernetes.io/ssl-redirect", "true"));
    }

    #[test]
    fn internal_load_balancers() {
        assert!(is_internal("service.beta.kubernetes.io/aws-load-balancer-internal", "0.0.0.0/0"));
        assert!(!is_internal("service.beta.kubernetes.io/aws-load-balancer-internal", "false"));
        assert!(is_internal("networking.gke.io/load-balancer-type", "Internal"));
        assert!(!is_internal(
            "service.beta.kubernetes.io/aws-load-balancer-scheme",
            "internet-facing"
        ));
    }
}
