// Sub-vectors of a matrix by index arithmetic alone, without a copy (src/codebook/subvectors.ts).
//   A window of rows × cols weights lies in `matrix` at offset + row · row_stride + column · col_stride (floats). Each row is cut into
//   `subs` sub-vectors of D columns; the last one is padded with zeros. Books cover tiles of book_rows rows × book_subs sub-vectors,
//   numbered row by row, `books_across` in a row of tiles.
// The including kernel declares `params` with these names, and the storage buffer `matrix`.
override D: u32 = 4;

// A book's tile: its first row and sub-vector.
struct Tile { row: u32, sub: u32 }

fn tile(book: u32) -> Tile {
  let down = book / params.books_across;
  return Tile(down * params.book_rows, (book - down * params.books_across) * params.book_subs);
}

// A sub-vector; `index` counts them row after row over the window. Tiles at the edge may be ragged: `inside` is false beyond it.
struct Place { inside: bool, row: u32, sub: u32, index: u32 }

// Point p of a tile. Neighbouring points are neighbours in memory: along rows where rows are adjacent there.
// (Integer division is what software adapters are slowest at, so there is one.)
fn place(own: Tile, p: u32) -> Place {
  let by_row = params.row_stride == 1u;
  let length = select(params.book_subs, params.book_rows, by_row);
  let line = p / length;
  let along = p - line * length;
  let across = select(along, line, by_row);
  let down = select(line, along, by_row);
  let row = own.row + down;
  let sub = own.sub + across;
  let inside = across < params.book_subs && down < params.book_rows && row < params.rows && sub < params.subs;
  return Place(inside, row, sub, row * params.subs + sub);
}

// The sub-vector that has this index.
fn place_of(index: u32) -> Place {
  return Place(true, index / params.subs, index % params.subs, index);
}

// Component j of a sub-vector; zero past the last column and outside the tile.
fn element(at: Place, j: u32) -> f32 {
  let column = at.sub * D + j;
  if (!at.inside || column >= params.cols) { return 0.0; }
  return matrix[params.offset + at.row * params.row_stride + column * params.col_stride];
}
