// The tiles of 8 keys that a tile of 8 queries may look at run from first_key_tile to its own. A window of 0 is unlimited.
fn first_key(query: u32, window: u32) -> u32 {
  return select(0u, query + 1 - window, window > 0 && query + 1 > window);
}

fn first_key_tile(query_tile: u32, window: u32) -> u32 { return first_key(query_tile * 8, window) / 8; }
