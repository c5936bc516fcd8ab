#!/bin/sh
# What a GX device keeps in RAM of what its firmware brings: the services.
mount -t tmpfs -o mode=0755 services /service
cp -a /opt/victronenergy/service/. /service/
