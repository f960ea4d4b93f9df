/**
 * What a container is told: settings and secrets of the API, and facts about its own pod, as files
 * and as environment variables.
 */
@NullMarked
package dev.berth.node.config;

import org.jspecify.annotations.NullMarked;
