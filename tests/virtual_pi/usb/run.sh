# Inside the virtual machine.
/tmp/busybox insmod /tmp/vivid.ko n_devs=2 node_types=0x1,0x1 num_inputs=1,1 input_types=0,0 || exit 1
export PYTHONPATH=/src PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=1 HOME=/tmp
cd /src/tests/virtual_pi/inside_vm && exec /opt/venv/bin/python -m pytest -q --color=no -p no:cacheprovider -c ../inside/pytest.ini \
    --confcutdir=/src/tests/virtual_pi/inside_vm --rootdir=. --tb=short .
