#!/bin/sh
# 从离线包安装网考，不用网络：sh install.sh [安装文件夹]，默认 /opt/wangkao。重复运行即升级，数据和设置不动。
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-/opt/wangkao}
python=${PYTHON:-python3.11}

stop() { echo "$*" >&2; exit 1; }

command -v "$python" >/dev/null || stop "没有 $python。本离线包需要 Python $(cat "$here/python-version")；可用 PYTHON=路径 指定。"
found=$("$python" -c 'import sys, sysconfig; print("%d.%d" % sys.version_info[:2], sysconfig.get_platform())')
[ "$found" = "$(cat "$here/python-version")" ] || stop "$python 是 $found，本离线包为 $(cat "$here/python-version") 制作。请用 PYTHON=路径 换一个，或重新制作离线包。"
(cd "$here" && sha256sum --quiet -c SHA256SUMS) || stop "离线包不完整或被改动，没有安装。请重新拷贝。"

[ -x "$target/.venv/bin/python" ] || "$python" -m venv "$target/.venv" || stop "不能在 $target 建立环境。请检查权限，Debian 上请先安装 python3-venv。"
"$target/.venv/bin/python" -m pip install -q --disable-pip-version-check --no-index --find-links "$here/wheels" --require-hashes -r "$here/requirements-bundle.lock"
"$target/.venv/bin/python" -m pip install -q --disable-pip-version-check --no-index --no-deps --force-reinstall "$here"/wangkao-*.whl
"$target/.venv/bin/wangkao" rules >/dev/null
echo "已安装 $("$target/.venv/bin/python" -c 'import importlib.metadata; print("wangkao", importlib.metadata.version("wangkao"))') 到 $target。下一步见 operations.md：填写设置，运行 $target/.venv/bin/wangkao doctor。"
