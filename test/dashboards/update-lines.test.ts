import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { linesOf } from '../../dashboards/web/pages/patches/line.ts';

const test = suite('lines that install updates');
const of = (manager: string, ...names: string[]) => names.map((name) => ({ manager, name }));

test('one line per package manager, with the names of what was chosen', () => {
  assert.equal(linesOf([...of('apt', 'openssl', 'curl', 'openssl'), ...of('winget', 'Git.Git', 'Mozilla.Firefox')]), [
    { manager: 'apt', text: 'sudo apt-get update && sudo apt-get install --only-upgrade curl openssl' },
    { manager: 'winget', text: 'winget upgrade --exact --id Git.Git\nwinget upgrade --exact --id Mozilla.Firefox' },
  ]);
  assert.equal(linesOf(of('pacman', 'linux')), [{ manager: 'pacman', text: 'sudo pacman -Syu' }], 'never a part of it');
  assert.equal(linesOf(of('windows-update', 'KB5031455')), [{ manager: 'windows-update', text: null }]);
});

test('a name that a shell would read as more than a name is in no line', () => {
  const hostile = ['x; rm -rf /', '$(id)', '-o=Dir::Etc=/tmp', '`id`', "a'b", 'a\nb', '', '|sh'];
  assert.equal(linesOf(of('apt', ...hostile)), [{ manager: 'apt', text: null }]);
  assert.equal(linesOf(of('apt', ...hostile, 'libc6:amd64'))[0]?.text?.endsWith('--only-upgrade libc6:amd64'), true);
  const label = 'macOS Sonoma 14.1-23B74';
  assert.equal(linesOf(of('softwareupdate', label, ...hostile)), [
    { manager: 'softwareupdate', text: `sudo softwareupdate --install '${label}'` },
  ]);
});

test.run();
