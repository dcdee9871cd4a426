#!/usr/bin/env bash
# In an ignore file, "a**/b" crosses folders for git 2.39.5 and for nobody else; "a/***/b" does for git and
# libgit2, and not for pathspec.
#
# gitignore(5) gives "**" a meaning where it is a whole name and calls other consecutive asterisks regular
# ones, which stay within a name: "a**/b" ought to be a/b and ab/b, and "a/***/b" ought to be a/x/b. Whoever
# has a file of patterns that git and another program read (yamllint and black use pathspec, many tools use
# libgit2) has files that one leaves out and the other does not:
# - git compares the letters before the first star by themselves and then takes the stars for the beginning
#   of the pattern, so a**/b leaves out a/x/b and a/x/y/b too; libgit2 and pathspec leave out a/b and ab/b;
# - git and libgit2 take three stars for two, so a/***/b leaves out a/b and a/x/y/b too; pathspec does not.
#
# Seen with Debian's git 1:2.39.5-0+deb12u3, pygit2 1.15.1 (which brings libgit2 1.8.1) and pathspec 0.12.1.
set -eu
scratch=$(mktemp -d); trap 'rm -rf "$scratch"' EXIT; cd "$scratch"
apt-get download -qq git=1:2.39.5-0+deb12u3 >/dev/null 2>&1
dpkg-deb -x git_*.deb git
python3 -m pip install -qq --disable-pip-version-check --root-user-action ignore --target packages \
  pygit2==1.15.1 pathspec==0.12.1
export HOME=$scratch GIT_CONFIG_NOSYSTEM=1
git() { "$scratch/git/usr/bin/git" "$@"; }
git -c init.defaultBranch=main init -q repository
paths="a/b ab/b a/x/b a/x/y/b"

check() {  # PATTERN, and what each leaves out
  printf '%s\n' "$1" >repository/.gitignore
  by_git=$(cd repository && for path in $paths; do echo "$path"; done | git check-ignore --no-index --stdin | xargs)
  others=$(PYTHONPATH=packages python3 - "$1" $paths <<'P'
import sys, pathspec, pygit2
pattern, paths = sys.argv[1], sys.argv[2:]
repository = pygit2.Repository("repository")
print(*[path for path in paths if repository.path_is_ignored(path)])
print(*pathspec.GitIgnoreSpec.from_lines([pattern]).match_files(paths))
P
  )
  seen="git: $by_git; libgit2: $(sed -n 1p <<<"$others"); pathspec: $(sed -n 2p <<<"$others" | xargs -n1 | sort | xargs)"
  echo "$1 leaves out for $seen"
  [ "$seen" = "$2" ] || { echo "expected $2"; exit 1; }
}

git --version
check 'a**/b' 'git: a/b ab/b a/x/b a/x/y/b; libgit2: a/b ab/b; pathspec: a/b ab/b'
check 'a/***/b' 'git: a/b a/x/b a/x/y/b; libgit2: a/b a/x/b a/x/y/b; pathspec: a/x/b'
check 'a/**/b' 'git: a/b a/x/b a/x/y/b; libgit2: a/b a/x/b a/x/y/b; pathspec: a/b a/x/b a/x/y/b'
