/** Which volume does a claim get? Match, bind, lose, release, reclaim. */
@NullMarked
package dev.berth.core.binding;

import org.jspecify.annotations.NullMarked;
