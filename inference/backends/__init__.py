"""What runs networks: OpenVINO on the CPU, TensorRT on an NVIDIA GPU."""
