/**
 * How do requests come in and answers go out? HTTP/1.1 over TLS and over a unix socket. Event loops
 * move bytes; every request is handled on a virtual thread of its own, which may wait.
 */
@NullMarked
package dev.berth.api.http;

import org.jspecify.annotations.NullMarked;
