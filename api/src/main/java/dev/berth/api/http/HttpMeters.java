package dev.berth.api.http;

import dev.berth.core.observe.Meters;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What the server counts about connections and bytes. */
final class HttpMeters {
  private final Meters.Counter accepted;
  private final Meters.Counter refused;
  private final Meters.Counter timeouts;
  final AtomicInteger tcp = new AtomicInteger();
  final AtomicInteger local = new AtomicInteger();
  final AtomicLong bodies = new AtomicLong();

  HttpMeters(Meters meters) {
    accepted =
        meters.counter("berth_http_connections_accepted", "Connections accepted.", "listener");
    refused =
        meters.counter(
            "berth_http_refused",
            "Connections and requests refused before they were handled.",
            "reason");
    timeouts =
        meters.counter("berth_http_timeouts", "Connections closed at a deadline.", "waiting_for");
    meters.gauges(
        "berth_http_connections",
        "Open connections.",
        new String[] {"listener"},
        values -> {
          values.set(tcp.get(), "tcp");
          values.set(local.get(), "unix");
        });
    meters.gauge(
        "berth_http_body_bytes", "Bytes of request bodies that are held now.", bodies::get);
  }

  void accepted(String listener) {
    accepted.add(1, listener);
  }

  void refused(String reason) {
    refused.add(1, reason);
  }

  void timedOut(String waitingFor) {
    timeouts.add(1, waitingFor);
  }
}
