// A body: it ends with return, and may await. Timers, URL, crypto and the rest of a usual platform are there.

const pause = ms => new Promise(resolve => setTimeout(resolve, ms));
const links = [];
for (const [index, page] of input.pages.entries()) {
  await pause(5);
  const url = new URL(page, input.base);
  url.searchParams.set('ref', btoa(`plugin:${index}`));
  console.log('step %d of %d: %s', index + 1, input.pages.length, url.pathname);
  links.push(url.href);
}
return { links, ticket: crypto.randomUUID().length };
