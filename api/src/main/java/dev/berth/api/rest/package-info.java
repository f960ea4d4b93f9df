/**
 * How does the Kubernetes API look on the wire? Paths, bodies, options, lists, watches, tables,
 * discovery: everything between an HTTP request and {@link dev.berth.core.registry.Resources}.
 */
@NullMarked
package dev.berth.api.rest;

import org.jspecify.annotations.NullMarked;
