package dev.berth.node.volume;

/**
 * A claim that waits for its node to make its volume larger.
 *
 * @param volume the PersistentVolume's name
 * @param bytes that the claim asks for
 */
public record GrowthRequest(
    String volume, String namespace, String claim, String claimUid, long bytes) {}
