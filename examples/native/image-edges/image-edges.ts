/**
 * The core interface, over bytes: an image in shades of grey comes in, its edges go out. Eight bytes of width and height
 * (little-endian), then one byte for each pixel, row by row; the answer has the same form.
 */

export function alloc(length: i32): i32 {
  return heap.alloc(length) as i32;
}

/** A pixel; beyond the border it is the one at the border. */
function pixel(image: usize, width: i32, height: i32, x: i32, y: i32): i32 {
  const column = max(0, min(width - 1, x));
  const row = max(0, min(height - 1, y));
  return load<u8>(image + 8 + row * width + column) as i32;
}

export function run(pointer: i32, length: i32): i64 {
  const image = pointer as usize;
  if (length < 8) abort('the image has no size');
  const width = load<i32>(image);
  const height = load<i32>(image, 4);
  if (width < 1 || height < 1 || (width as i64) * (height as i64) != ((length - 8) as i64))
    abort('width and height do not fit the number of pixels');
  const edges = heap.alloc(length);
  store<i32>(edges, width);
  store<i32>(edges, height, 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // Sobel's operator.
      let across = 0;
      let down = 0;
      for (let d = -1; d <= 1; d++) {
        const weight = d == 0 ? 2 : 1;
        across += weight * (pixel(image, width, height, x + 1, y + d) - pixel(image, width, height, x - 1, y + d));
        down += weight * (pixel(image, width, height, x + d, y + 1) - pixel(image, width, height, x + d, y - 1));
      }
      const strength = Math.sqrt((across * across + down * down) as f64);
      store<u8>(edges + 8 + y * width + x, min(255, strength as i32) as u8);
    }
  }
  return ((edges as i64) << 32) | (length as i64);
}
