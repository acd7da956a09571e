/* Five CPU-bound kernels and one worst case, without a library. Built with Debian's clang-14 and lld-14:
   clang-14 --target=wasm32 -O2 -nostdlib -mbulk-memory -fno-builtin -fno-vectorize -fno-unroll-loops
   -Wl,--no-entry -Wl,--strip-all -o kernels.wasm kernels.c */
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;
#define EXPORT(name) __attribute__((export_name(name)))

EXPORT("fib") u32 fib(u32 n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

EXPORT("mandelbrot") u32 mandelbrot(u32 size) {
  u32 inside = 0;
  for (u32 py = 0; py < size; py++)
    for (u32 px = 0; px < size; px++) {
      double cx = 3.0 * px / size - 2.25, cy = 3.0 * py / size - 1.5, x = 0, y = 0;
      u32 i = 0;
      for (; i < 200 && x * x + y * y < 4.0; i++) {
        double t = x * x - y * y + cx;
        y = 2 * x * y + cy;
        x = t;
      }
      inside += i == 200;
    }
  return inside;
}

static u8 flags[1 << 20];
EXPORT("sieve") u32 sieve(u32 limit) {
  u32 count = 0;
  if (limit > sizeof flags) limit = sizeof flags;
  for (u32 i = 0; i < limit; i++) flags[i] = 1;
  for (u32 i = 2; i < limit; i++) {
    if (!flags[i]) continue;
    count++;
    for (u32 j = i * 2; j < limit; j += i) flags[j] = 0;
  }
  return count;
}

static u32 numbers[1 << 18];
static void quick(int low, int high) {
  while (low < high) {
    u32 pivot = numbers[(low + high) >> 1];
    int i = low - 1, j = high + 1;
    for (;;) {
      do i++; while (numbers[i] < pivot);
      do j--; while (numbers[j] > pivot);
      if (i >= j) break;
      u32 t = numbers[i];
      numbers[i] = numbers[j];
      numbers[j] = t;
    }
    quick(low, j);
    low = j + 1;
  }
}
EXPORT("sort") u32 sort(u32 count) {
  u32 state = 12345, sum = 0;
  if (count > sizeof numbers / sizeof *numbers) count = sizeof numbers / sizeof *numbers;
  for (u32 i = 0; i < count; i++) {
    state = state * 1664525u + 1013904223u;
    numbers[i] = state;
  }
  quick(0, (int)count - 1);
  for (u32 i = 0; i < count; i += 997) sum ^= numbers[i];
  return sum;
}

static const u32 K[64] = {
  0x428a2f98,0x71374491,0xb5c0fbcf,0xe9b5dba5,0x3956c25b,0x59f111f1,0x923f82a4,0xab1c5ed5,0xd807aa98,0x12835b01,0x243185be,0x550c7dc3,
  0x72be5d74,0x80deb1fe,0x9bdc06a7,0xc19bf174,0xe49b69c1,0xefbe4786,0x0fc19dc6,0x240ca1cc,0x2de92c6f,0x4a7484aa,0x5cb0a9dc,0x76f988da,
  0x983e5152,0xa831c66d,0xb00327c8,0xbf597fc7,0xc6e00bf3,0xd5a79147,0x06ca6351,0x14292967,0x27b70a85,0x2e1b2138,0x4d2c6dfc,0x53380d13,
  0x650a7354,0x766a0abb,0x81c2c92e,0x92722c85,0xa2bfe8a1,0xa81a664b,0xc24b8b70,0xc76c51a3,0xd192e819,0xd6990624,0xf40e3585,0x106aa070,
  0x19a4c116,0x1e376c08,0x2748774c,0x34b0bcb5,0x391c0cb3,0x4ed8aa4a,0x5b9cca4f,0x682e6ff3,0x748f82ee,0x78a5636f,0x84c87814,0x8cc70208,
  0x90befffa,0xa4506ceb,0xbef9a3f7,0xc67178f2};
#define ROTR(x, n) ((x) >> (n) | (x) << (32 - (n)))
static u8 text[1 << 16];
EXPORT("sha256") u32 sha256(u32 blocks) {
  u32 h[8] = {0x6a09e667,0xbb67ae85,0x3c6ef372,0xa54ff53a,0x510e527f,0x9b05688c,0x1f83d9ab,0x5be0cd19};
  for (u32 b = 0; b < blocks; b++) {
    const u8 *p = text + (b * 64 & (sizeof text - 64));
    u32 w[64];
    for (int i = 0; i < 16; i++) w[i] = p[i*4] << 24 | p[i*4+1] << 16 | p[i*4+2] << 8 | p[i*4+3];
    for (int i = 16; i < 64; i++) {
      u32 s0 = ROTR(w[i-15], 7) ^ ROTR(w[i-15], 18) ^ w[i-15] >> 3;
      u32 s1 = ROTR(w[i-2], 17) ^ ROTR(w[i-2], 19) ^ w[i-2] >> 10;
      w[i] = w[i-16] + s0 + w[i-7] + s1;
    }
    u32 a=h[0],bb=h[1],c=h[2],d=h[3],e=h[4],f=h[5],g=h[6],hh=h[7];
    for (int i = 0; i < 64; i++) {
      u32 t1 = hh + (ROTR(e,6)^ROTR(e,11)^ROTR(e,25)) + ((e&f)^(~e&g)) + K[i] + w[i];
      u32 t2 = (ROTR(a,2)^ROTR(a,13)^ROTR(a,22)) + ((a&bb)^(a&c)^(bb&c));
      hh=g; g=f; f=e; e=d+t1; d=c; c=bb; bb=a; a=t1+t2;
    }
    h[0]+=a;h[1]+=bb;h[2]+=c;h[3]+=d;h[4]+=e;h[5]+=f;h[6]+=g;h[7]+=hh;
    text[b & (sizeof text - 1)] ^= (u8)h[0];
  }
  return h[0];
}

/* The worst case: a loop with next to nothing in it. */
EXPORT("bytes") u32 bytes(u32 rounds) {
  u32 sum = 0;
  for (u32 r = 0; r < rounds; r++)
    for (u32 i = 0; i < sizeof text; i++) sum = sum * 31 + text[i];
  return sum;
}
