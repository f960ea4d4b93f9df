package dev.berth.api.http;

import java.util.Set;

/**
 * What all connections of a server share.
 *
 * @param open the connections that are served
 */
record Serving(
    Handler handler, Limits limits, HttpMeters meters, ByteBudget budget, Set<Connection> open) {}
