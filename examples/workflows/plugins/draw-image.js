// A picture in shades of grey: width and height in eight bytes, then a byte for each pixel.
export default function ({ size }) {
  const bytes = new Uint8Array(8 + size * size);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, size, true);
  view.setInt32(4, size, true);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const [dx, dy] = [x - size / 2, y - size / 2];
      const rings = Math.sin(Math.hypot(dx, dy) / 5) * 90 + 128;
      const square = Math.abs(dx) < size / 5 && Math.abs(dy) < size / 5 ? 70 : 0;
      bytes[8 + y * size + x] = Math.max(0, Math.min(255, rings + square));
    }
  return bytes;
}
