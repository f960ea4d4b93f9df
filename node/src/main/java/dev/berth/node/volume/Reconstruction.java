package dev.berth.node.volume;

import dev.berth.node.plugin.PublishedVolume;
import dev.berth.node.plugin.StagedVolume;
import java.util.List;

/** What an earlier process left on the node. None of it is certain. */
record Reconstruction(List<StagedVolume> staged, List<PublishedVolume> published) {
  Reconstruction {
    staged = List.copyOf(staged);
    published = List.copyOf(published);
  }
}
