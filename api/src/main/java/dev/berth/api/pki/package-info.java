/** Who is who? The certificate authority, the certificates and the token that it trusts. */
@NullMarked
package dev.berth.api.pki;

import org.jspecify.annotations.NullMarked;
