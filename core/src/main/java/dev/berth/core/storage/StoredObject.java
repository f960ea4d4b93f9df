package dev.berth.core.storage;

/**
 * One version of an object.
 *
 * @param key which object
 * @param revision of the write that made this version
 * @param document the object as JSON in UTF-8, without its resourceVersion; never modified after it
 *     was handed over, by either side
 */
public record StoredObject(ObjectKey key, long revision, byte[] document) {}
