// Which keys a query sees, by rows and by tiles of 8 rows. The including file declares `params` with block_tiles (of one block of
// queries), length, key_tiles and key_length (the same of keys, other than those only without the causal mask), causal (1: no key after the query) and window (keys a query sees, itself included, when causal; 0 for all).
fn first_key(query: u32) -> u32 {
  return select(0u, query + 1 - params.window, params.window > 0 && query + 1 > params.window);
}

fn first_key_tile(query_tile: u32) -> u32 { return first_key(query_tile * 8) / 8; }

fn end_key_tile(query_tile: u32) -> u32 { return select(params.key_tiles, query_tile + 1, params.causal == 1); }

// The queries whose tiles hold a key tile: the inverse of the two above.
fn first_query_tile(key_tile: u32) -> u32 { return select(0u, key_tile, params.causal == 1); }

fn end_query_tile(key_tile: u32) -> u32 {
  return select(params.block_tiles, min(params.block_tiles, (key_tile * 8 + 6 + params.window) / 8 + 1), params.window > 0);
}

fn sees(query: u32, key: vec4u) -> vec4<bool> {
  let causal = (key >= vec4u(first_key(query))) & (key <= vec4u(query));
  return select(key < vec4u(params.key_length), causal, params.causal == 1);
}
