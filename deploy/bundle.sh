#!/bin/sh
# 制作离线包 dist/wangkao-offline.tar.gz：全部软件包、安装脚本、服务文件、手册；做好后在断网的环境里装一遍。由 make bundle 调用。
set -eu
cd "$(dirname "$0")/.."
python=.venv/bin/python
out=dist/wangkao-offline
rm -rf "$out" "$out.tar.gz"
mkdir -p "$out/wheels"
$python -m hatchling build -t wheel -d "$out" >/dev/null
$python -m pip download -q --disable-pip-version-check --require-hashes --only-binary :all: -d "$out/wheels" -r requirements-bundle.lock
cp requirements-bundle.lock deploy/install.sh deploy/*.service docs/operations.md "$out/"
$python -c 'import sys, sysconfig; print("%d.%d" % sys.version_info[:2], sysconfig.get_platform())' >"$out/python-version"
(cd "$out" && find . -type f ! -name SHA256SUMS | LC_ALL=C sort | xargs sha256sum >SHA256SUMS)
tar -C dist --owner=0 --group=0 --sort=name -czf "$out.tar.gz" wangkao-offline

# 断网安装一遍：能用独立的网络空间就用，否则关掉包索引
trial=$(mktemp -d)
trap 'rm -rf "$trial"' EXIT
tar -C "$trial" -xzf "$out.tar.gz"
alone=""
unshare -rn true 2>/dev/null && alone="unshare -rn"
env -i PATH="$PATH" HOME="$trial" PIP_NO_INDEX=1 PIP_CONFIG_FILE=/dev/null PYTHON="$PWD/$python" $alone sh "$trial/wangkao-offline/install.sh" "$trial/opt"
echo "离线包：$out.tar.gz（$(du -h "$out.tar.gz" | cut -f1)），已在${alone:+断网的}环境中试装。"
