import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { describeProgram } from '../support/needs-program.js';

const pages = ['man/plinkctl.8', 'man/plinkctl.conf.5', 'man/umount.overlay.8'];

function render(page: string) {
  return spawnSync('man', ['-l', '--warnings', page], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8', MANWIDTH: '100', MANROFFOPT: '', MANPAGER: 'cat' },
  });
}

describeProgram('the manual', ['man', 'groff'], () => {
  test.each(pages)('%s is rendered without a warning', (page) => {
    const { status, stderr, stdout } = render(page);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('SEE ALSO');
  });

  test('a hyphen can be copied, and a line that begins with a dot is text', () => {
    const { stdout } = render('man/plinkctl.8');
    expect(stdout).toContain('--dry-run');
    expect(stdout).not.toMatch(/[\u2010\u2212]-?dry/);
  });
});
