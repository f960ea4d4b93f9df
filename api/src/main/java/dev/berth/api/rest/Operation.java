package dev.berth.api.rest;

import dev.berth.api.http.Answer;

/**
 * What a request turned out to be.
 *
 * @param verb get, list, watch, create, update, patch, delete, …; for metrics
 * @param resource the plural with a subresource, or the first part of another path; for metrics
 */
record Operation(String verb, String resource, Weight weight, Action action) {

  /** Which bound it counts against. */
  enum Weight {
    /** None: must be answered however busy the server is. */
    FREE,
    REQUEST,
    STREAM
  }

  /** Does it; called on the request's thread. */
  interface Action {
    Answer run();
  }
}
