package dev.berth.core.registry.rules;

import dev.berth.core.model.ResourceType;

/** What must hold for the metadata of every object. */
public final class MetadataRules {

  private MetadataRules() {}

  public static void validate(ResourceType type, Field metadata, Problems problems) {
    Names.validate(type, metadata, problems);
  }
}
