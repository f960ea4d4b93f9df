package dev.berth.core.registry.rules;

/** Settings: keys that can be names of files, and not too much of them. */
final class ConfigMapRules extends KindRules {

  @Override
  public void validate(Field object, Problems problems) {
    var texts = object.child("data");
    var binaries = object.child("binaryData");
    for (var entry : texts.entries()) {
      DataRules.checkKey(entry, entry.name(), problems);
      if (binaries.key(entry.name()).present()) {
        problems.invalid(entry, entry.name(), "duplicate of key present in binaryData");
      }
    }
    for (var entry : binaries.entries()) {
      DataRules.checkKey(entry, entry.name(), problems);
    }
    if (DataRules.textBytes(texts) + DataRules.bytes(binaries) > DataRules.MOST_BYTES) {
      problems.tooLong(texts, DataRules.MOST_BYTES);
    }
  }

  @Override
  public void validateChange(String subresource, Field old, Field updated, Problems problems) {
    DataRules.checkImmutable(old, updated, problems, "data", "binaryData");
  }
}
