/** How far engines are on their way. Their files are large; whoever waits for one is told. */

/** Smaller ones are here before anybody could read of them. */
const WORTH_TELLING_BYTES = 200_000;

const ENGINE = /\.bin(?:\?|$)/;

/** Watches the files of engines that this realm fetches. */
export function watchDownloads(tell: (loaded: number, total: number) => void): void {
  const real = globalThis.fetch.bind(globalThis);
  let [loaded, total, open] = [0, 0, 0];
  globalThis.fetch = async (input, init) => {
    const response = await real(input, init);
    const length = Number(response.headers.get('content-length'));
    if (response.body === null || !(length > WORTH_TELLING_BYTES) || !ENGINE.test(response.url))
      return response;
    if (open === 0) [loaded, total] = [0, 0];
    open += 1;
    total += length;
    const counted = response.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          loaded += chunk.length;
          tell(Math.min(loaded, total), total);
          controller.enqueue(chunk);
        },
        flush() {
          open -= 1;
        },
      }),
    );
    return new Response(counted, { status: response.status, headers: response.headers });
  };
}
