// Where the cell of a value lies: the values of a matrix that share one range (src/tensor/activation-format.ts).
//   Rows come in windows of `pitch` rows, the first `length` of each live. A window is cut into `tiles` tiles of tile_rows rows, a tile
//   into `turns` turns: its rows whose number mod `modulus` has the same ⌊· / width⌋. Columns are cut every tile_cols. No cell crosses a window.
// The including file declares `params` with these names, and with range_rows: 1 where all rows share their ranges.
fn is_live(row: u32) -> bool { return row < params.rows && row % params.pitch < params.length; }

fn own_cell_row(row: u32) -> u32 {
  let within = row % params.pitch;
  let tile = within / params.tile_rows;
  let turn = (within - tile * params.tile_rows) % params.modulus / params.width;
  return ((row / params.pitch) * params.tiles + tile) * params.turns + turn;
}

fn cell_row(row: u32) -> u32 {
  if (params.range_rows == 1u) { return 0u; }
  return own_cell_row(row);
}
