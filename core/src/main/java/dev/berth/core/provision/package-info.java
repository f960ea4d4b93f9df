/** Who makes a volume that does not exist yet? */
@NullMarked
package dev.berth.core.provision;

import org.jspecify.annotations.NullMarked;
