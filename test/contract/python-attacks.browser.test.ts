/** The attacks of test/security/python/ in every environment: what holds them in Node.js has to hold them in a page. */
import '../security/python/escape.test.ts';
import '../security/python/exhaustion.test.ts';
import '../security/python/output.test.ts';
import '../security/python/state.test.ts';
