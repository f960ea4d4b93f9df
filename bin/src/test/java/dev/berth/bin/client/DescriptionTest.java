package dev.berth.bin.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceTypes;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

class DescriptionTest {

  @Test
  void aVolumeIsToldFromItsNameToItsEvents() {
    var volume =
        object(
            """
            {"apiVersion":"v1","kind":"PersistentVolume",
             "metadata":{"name":"example-pv","creationTimestamp":"2026-01-01T00:00:00Z",
               "annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}","a":"b"},
               "finalizers":["kubernetes.io/pv-protection"]},
             "spec":{"capacity":{"storage":"5Gi"},"accessModes":["ReadWriteOnce"],
               "storageClassName":"local-storage","local":{"path":"/mnt/disks/vol1"},
               "nodeAffinity":{"required":{"nodeSelectorTerms":[{"matchExpressions":[
                 {"key":"kubernetes.io/hostname","operator":"In","values":["node-1"]}]}]}}},
             "status":{"phase":"Available",
               "conditions":[{"type":"Healthy","status":"True","reason":"Read","message":"fine"}]}}
            """);
    var event =
        object(
            """
            {"type":"Warning","reason":"Odd","message":"look here","count":3,
             "lastTimestamp":"2026-01-01T00:00:50Z","source":{"component":"node"}}
            """);
    assertThat(describe(volume, List.of(event)))
        .isEqualTo(
            """
            Name:           example-pv
            Labels:         <none>
            Annotations:    a=b
            Created:        2026-01-01T00:00:00Z (60s ago)
            Finalizers:     kubernetes.io/pv-protection
            Phase:          Available
            Conditions:
              Type      Status   Reason   Message
              Healthy   True     Read     fine
            Capacity:
              Storage:      5Gi
            Access Modes:   ReadWriteOnce
            Storage Class Name: local-storage
            Local:
              Path:         /mnt/disks/vol1
            Node Affinity:
              Required:
                Node Selector Terms:
                  -
                    Match Expressions:
                      kubernetes.io/hostname in [node-1]
            Events:
              Type      Reason   Age        From   Message
              Warning   Odd      10s (x3)   node   look here
            """);
  }

  private static String describe(ObjectNode object, List<ObjectNode> events) {
    var out = new ByteArrayOutputStream();
    var print = new PrintStream(out, true, StandardCharsets.UTF_8);
    new Description(print, Instant.parse("2026-01-01T00:01:00Z"))
        .print(ResourceTypes.VOLUME, object, events);
    return out.toString(StandardCharsets.UTF_8);
  }

  private static ObjectNode object(String json) {
    return Json.parseObject(json.getBytes(StandardCharsets.UTF_8));
  }
}
