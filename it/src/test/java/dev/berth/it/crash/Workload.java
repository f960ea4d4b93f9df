package dev.berth.it.crash;

import dev.berth.it.harness.UnixConnection;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Clients that write as fast as they are answered, and remember what was acknowledged: each makes
 * volumes and claims that meet, counts up an annotation of its own, and deletes some of what it
 * made. Requests that end without an answer may have happened or not.
 */
final class Workload implements AutoCloseable {

  private final Path socket;
  private final Set<String> there = ConcurrentHashMap.newKeySet();
  private final Map<String, Integer> counted = new ConcurrentHashMap<>();
  private final AtomicInteger acknowledged = new AtomicInteger();
  private final List<Thread> clients = new ArrayList<>();
  private volatile boolean stopping;

  Workload(Path socket, int clients) {
    this.socket = socket;
    for (var i = 0; i < clients; i++) {
      var client = "client-" + i;
      this.clients.add(Thread.ofPlatform().name(client).start(() -> run(client)));
    }
  }

  /** Targets of the objects whose creation was acknowledged and whose deletion nobody asked for. */
  Set<String> there() {
    return Set.copyOf(there);
  }

  /** For each counting namespace: the newest acknowledged count. */
  Map<String, Integer> counted() {
    return Map.copyOf(counted);
  }

  int acknowledged() {
    return acknowledged.get();
  }

  private void run(String client) {
    for (var round = 0; !stopping; round++) {
      try (var connection = new UnixConnection(socket)) {
        while (!stopping) {
          round = step(connection, client, round);
        }
      } catch (IOException e) {
        // The server is down at the moment, or died while it answered.
        LockSupport.parkNanos(5_000_000);
      }
    }
  }

  private int step(UnixConnection connection, String client, int round) throws IOException {
    var name = client + "-" + round;
    if (round == 0 || !counted.containsKey(client)) {
      create(connection, "/api/v1/namespaces", client, namespace(client));
      counted.putIfAbsent(client, 0);
      return round + 1;
    }
    create(connection, "/api/v1/persistentvolumes", name, volume(name));
    create(connection, "/api/v1/namespaces/default/persistentvolumeclaims", name, claim(name));
    count(connection, client, round);
    if (round % 4 == 0) {
      delete(connection, "/api/v1/namespaces/default/persistentvolumeclaims/" + name);
    }
    return round + 1;
  }

  private void create(UnixConnection connection, String target, String name, String body)
      throws IOException {
    var code = connection.call("POST", target, "application/json", body).code();
    if (code == 201) {
      there.add(target + "/" + name);
      acknowledged.incrementAndGet();
    }
  }

  private void count(UnixConnection connection, String client, int round) throws IOException {
    var patch = "{\"metadata\":{\"annotations\":{\"count\":\"" + round + "\"}}}";
    var target = "/api/v1/namespaces/" + client;
    var code = connection.call("PATCH", target, "application/merge-patch+json", patch).code();
    if (code == 200) {
      counted.put(client, round);
      acknowledged.incrementAndGet();
    }
  }

  private void delete(UnixConnection connection, String object) throws IOException {
    there.remove(object);
    connection.call("DELETE", object, "", "");
  }

  private static String namespace(String name) {
    return "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\""
        + name
        + "\"}}";
  }

  private static String volume(String name) {
    return """
        {"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"%s"},
         "spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],
          "persistentVolumeReclaimPolicy":"Retain","storageClassName":"%s",
          "hostPath":{"path":"/nowhere/%s"}}}
        """
        .formatted(name, name, name);
  }

  private static String claim(String name) {
    return """
        {"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"%s"},
         "spec":{"accessModes":["ReadWriteOnce"],"storageClassName":"%s",
          "resources":{"requests":{"storage":"1Gi"}}}}
        """
        .formatted(name, name);
  }

  @Override
  public void close() {
    stopping = true;
    for (var client : clients) {
      try {
        client.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
