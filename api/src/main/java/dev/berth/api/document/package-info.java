/** How are documents read that people and programs write? JSON and YAML, with the same meaning. */
@NullMarked
package dev.berth.api.document;

import org.jspecify.annotations.NullMarked;
