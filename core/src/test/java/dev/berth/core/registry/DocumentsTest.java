package dev.berth.core.registry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.StoredObject;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DocumentsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{'kind':'Pod','metadata':{'name':'a'},'x':1}"
            + "|{'kind':'Pod','metadata':{'resourceVersion':'42','name':'a'},'x':1}",
        "{'metadata':{}}|{'metadata':{'resourceVersion':'42'}}",
      })
  void theVersionIsSplicedIn(String stored, String served) {
    var object =
        new StoredObject(
            new ObjectKey("pods", "default", "a"), 42, stored.replace('\'', '"').getBytes(UTF_8));
    assertThat(new String(Documents.withRevision(object), UTF_8))
        .isEqualTo(served.replace('\'', '"'));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{'kind':'Pod','metadata':{'name':'a','labels':{'b':'}\\'{'}},'x':{}}"
            + "|{'resourceVersion':'42','name':'a','labels':{'b':'}\\'{'}}",
        "{'metadata':{}}|{'resourceVersion':'42'}",
      })
  void onlyTheMetadata(String stored, String metadata) {
    var object =
        new StoredObject(
            new ObjectKey("pods", "default", "a"), 42, stored.replace('\'', '"').getBytes(UTF_8));
    assertThat(new String(Documents.metadata(object), UTF_8))
        .isEqualTo(metadata.replace('\'', '"'));
  }
}
